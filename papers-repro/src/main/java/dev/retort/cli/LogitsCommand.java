package dev.retort.cli;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.retort.data.Rows;
import dev.retort.model.CausalLm;
import dev.retort.model.LanguageModel;
import dev.retort.model.LoadedModel;
import dev.retort.model.Seq2SeqLm;
import dev.retort.op.Ops;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.concurrent.Callable;
import java.util.stream.LongStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Prints a model's logits. */
@Command(
        name = "logits",
        mixinStandardHelpOptions = true,
        description = {
            "Prints {\"logits\": [[V floats] for every position]} for token ids.",
            "Needs config.json and the weights only. Every number reads back as the float32 that was computed."
        },
        footer = {
            "",
            "Examples:",
            "  retort logits --model models/SmolLM2-135M --ids 1,520,11",
            "  retort logits --model models/flan-t5-small --ids 37,423,1 --decoder-ids 0,94"
        })
final class LogitsCommand implements Callable<Integer> {

    /** Positions whose logits live at a time. */
    private static final int CHUNK = 16;

    @Mixin
    private Common common;

    @Option(names = "--model", paramLabel = "MODEL", required = true, description = "Folder, GGUF file or hf:org/name")
    private String model;

    @Option(names = "--ids", paramLabel = "1,2,3", required = true, description = "Token ids of the input")
    private String ids;

    @Option(
            names = "--decoder-ids",
            paramLabel = "0,1,2",
            description = "T5: the decoder's input, start token first. Default: the start token alone")
    private String decoderIds;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException, InterruptedException {
        common.apply();
        int[] input = TokenIds.parse("--ids", ids);
        int[] decoderInput = decoderIds == null ? null : TokenIds.parse("--decoder-ids", decoderIds);
        try (LoadedModel loaded = common.load(model)) {
            LanguageModel network = loaded.model();
            int vocabulary = network.config().vocabularySize();
            TokenIds.requireInVocabulary("--ids", input, vocabulary);
            if (input.length > network.config().maxPositions()) {
                throw new UsageException("--ids: " + input.length + " ids, but the model has only "
                        + network.config().maxPositions() + " positions");
            }
            try (NDManager scratch = network.weights().manager().newSubManager()) {
                NDArray hidden; // [1, S, D]
                if (network instanceof Seq2SeqLm encoderDecoder) {
                    int[] start =
                            decoderInput == null ? new int[] {encoderDecoder.decoderStartTokenId()} : decoderInput;
                    TokenIds.requireInVocabulary("--decoder-ids", start, vocabulary);
                    NDArray mask = row(
                            scratch,
                            LongStream.generate(() -> 1).limit(input.length).toArray());
                    NDArray encoded = encoderDecoder.encode(row(scratch, longs(input)), mask);
                    hidden = encoderDecoder.decode(row(scratch, longs(start)), encoded, mask);
                } else if (decoderInput == null) {
                    hidden = ((CausalLm) network).hidden(row(scratch, longs(input)));
                } else {
                    throw new UsageException("--decoder-ids: this model has no encoder; give --ids alone");
                }
                print(loaded, hidden.reshape(-1, network.config().hiddenSize()), scratch);
            }
        }
        return Retort.DONE;
    }

    private static long[] longs(int[] ids) {
        return Arrays.stream(ids).asLongStream().toArray();
    }

    private static NDArray row(NDManager manager, long[] values) {
        return manager.create(values, new Shape(1, values.length));
    }

    /** Prints the logits of hidden states [S, D]. */
    private void print(LoadedModel loaded, NDArray hidden, NDManager manager) throws IOException {
        long positions = hidden.getShape().get(0);
        PrintWriter out = spec.commandLine().getOut();
        try (JsonGenerator json = Rows.mapper().getFactory().createGenerator(out)) {
            json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
            // After an error the output must not look whole.
            json.disable(JsonGenerator.Feature.AUTO_CLOSE_JSON_CONTENT);
            json.writeStartObject();
            json.writeArrayFieldStart("logits");
            for (long from = 0; from < positions; from += CHUNK) {
                try (NDManager step = manager.newSubManager()) {
                    long[] rows = LongStream.range(from, Math.min(from + CHUNK, positions))
                            .toArray();
                    NDArray chunk = Ops.selectRows(hidden, step.create(rows));
                    chunk.attach(step);
                    write(json, loaded.model().logits(chunk), from, loaded);
                }
            }
            json.writeEndArray();
            json.writeEndObject();
        }
        out.println();
        out.flush();
    }

    private static void write(JsonGenerator json, NDArray logits, long first, LoadedModel loaded) throws IOException {
        int vocabulary = Math.toIntExact(logits.getShape().get(1));
        float[] values = logits.toFloatArray();
        for (int i = 0; i < values.length; i++) {
            if (!Float.isFinite(values[i])) {
                throw new IOException(loaded.source() + ": the logit of token " + i % vocabulary + " at position "
                        + (first + i / vocabulary) + " is " + values[i] + ", which JSON cannot hold");
            }
            if (i % vocabulary == 0) {
                json.writeStartArray();
            }
            json.writeNumber(values[i]);
            if (i % vocabulary == vocabulary - 1) {
                json.writeEndArray();
            }
        }
    }
}
