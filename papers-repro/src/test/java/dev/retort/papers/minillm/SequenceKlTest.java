package dev.retort.papers.minillm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import dev.retort.model.CausalLm;
import dev.retort.model.LoadedModel;
import dev.retort.papers.ScratchStudent;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class SequenceKlTest {

    private static final List<String> WORDS = List.of("a", "b");
    private static final int TOKENS = 3;

    private static LoadedModel model(long seed, int width) throws IOException {
        return new ScratchStudent("llama", width, 2 * width, 1, 2, 16, 0.8).create(WORDS, seed, Device.cpu());
    }

    @Test
    void isTheSumOverAllCompletions() throws IOException {
        try (LoadedModel teacher = model(1, 8);
                LoadedModel student = model(2, 4)) {
            int[] prompt = teacher.requireTokenizer().encode("b a");
            int vocabulary = teacher.model().config().vocabularySize();
            int eos = teacher.trainingEosId();
            SequenceKl kl = SequenceKl.of(
                    (CausalLm) teacher.model(), (CausalLm) student.model(), prompt, vocabulary, eos, TOKENS);
            double[] sums = new double[4]; // forward, reverse, mass of both
            add(teacher, student, prompt, 0, 0, 0, vocabulary, eos, sums);
            assertThat(sums[2]).isCloseTo(1, within(1e-5));
            assertThat(sums[3]).isCloseTo(1, within(1e-5));
            assertThat(kl.forward()).isPositive().isCloseTo(sums[0], within(1e-5));
            assertThat(kl.reverse()).isPositive().isCloseTo(sums[1], within(1e-5));
            SequenceKl same = SequenceKl.of(
                    (CausalLm) teacher.model(), (CausalLm) teacher.model(), prompt, vocabulary, eos, TOKENS);
            assertThat(same).isEqualTo(new SequenceKl(0, 0));
        }
    }

    /** Every completion by itself, its whole probability under both. */
    private static void add(
            LoadedModel teacher,
            LoadedModel student,
            int[] tokens,
            int length,
            double logP,
            double logQ,
            int vocabulary,
            int eos,
            double[] sums) {
        if (length == TOKENS || (length > 0 && tokens[tokens.length - 1] == eos)) {
            sums[0] += Math.exp(logP) * (logP - logQ);
            sums[1] += Math.exp(logQ) * (logQ - logP);
            sums[2] += Math.exp(logP);
            sums[3] += Math.exp(logQ);
            return;
        }
        float[] p = next(teacher, tokens);
        float[] q = next(student, tokens);
        for (int id = 0; id < vocabulary; id++) {
            int[] longer = Arrays.copyOf(tokens, tokens.length + 1);
            longer[tokens.length] = id;
            add(teacher, student, longer, length + 1, logP + p[id], logQ + q[id], vocabulary, eos, sums);
        }
    }

    private static float[] next(LoadedModel loaded, int[] tokens) {
        CausalLm model = (CausalLm) loaded.model();
        try (NDManager scratch = model.weights().manager().newSubManager()) {
            long[] ids = Arrays.stream(tokens).asLongStream().toArray();
            return model.logits(model.hidden(scratch.create(ids).expandDims(0)).get(":, -1"))
                    .logSoftmax(1)
                    .toFloatArray();
        }
    }
}
