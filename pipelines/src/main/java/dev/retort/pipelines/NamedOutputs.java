package dev.retort.pipelines;

import java.util.Map;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.PInput;
import org.apache.beam.sdk.values.POutput;
import org.apache.beam.sdk.values.PValue;
import org.apache.beam.sdk.values.TupleTag;

/** Several outputs of a transform; a subclass gives each its name. */
abstract class NamedOutputs implements POutput {

    private final PCollectionTuple outputs;

    NamedOutputs(PCollectionTuple outputs) {
        this.outputs = outputs;
    }

    final <T> PCollection<T> get(TupleTag<T> tag) {
        return outputs.get(tag);
    }

    @Override
    public Pipeline getPipeline() {
        return outputs.getPipeline();
    }

    @Override
    public Map<TupleTag<?>, PValue> expand() {
        return outputs.expand();
    }

    @Override
    public void finishSpecifyingOutput(String name, PInput input, PTransform<?, ?> transform) {}
}
