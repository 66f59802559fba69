package dev.retort.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import dev.retort.batch.TokenBatch;
import dev.retort.op.Autograd;

/** Passes that PyTorch's autograd takes back: for any model, device and adapter. */
final class AutogradPasses implements GradientPasses {

    private final LanguageModel model;
    private final Autograd tape = Autograd.record();
    private NDArray hidden;

    AutogradPasses(LanguageModel model) {
        this.model = model;
    }

    @Override
    public NDArray labelHidden(TokenBatch batch) {
        hidden = model.labelHidden(batch);
        return hidden;
    }

    @Override
    public void backward(NDArray gradient) {
        tape.backward(hidden.mul(gradient).sum().toType(DataType.FLOAT32, false));
    }

    @Override
    public void close() {
        tape.close();
    }
}
