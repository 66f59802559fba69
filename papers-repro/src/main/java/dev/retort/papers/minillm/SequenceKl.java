package dev.retort.papers.minillm;

import dev.retort.batch.TokenBatch;
import dev.retort.batch.TokenExample;
import dev.retort.model.CausalLm;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The KL divergences of two models over whole completions, exactly: a sum over every prefix that there is.
 *
 * <p>By the chain rule KL(P || Q) is the sum over prefixes y of P(y) KL(P(. | y) || Q(. | y)). Completions end with the
 * end-of-sequence token or after so many tokens. In nats.
 *
 * @param forward KL(teacher || student)
 * @param reverse KL(student || teacher)
 */
record SequenceKl(double forward, double reverse) {

    private static final int ROWS = 512;

    /**
     * The divergences after one prompt.
     *
     * @param vocabulary V, ids of both
     * @param eos ends a completion
     * @param tokens most of a completion
     */
    static SequenceKl of(CausalLm teacher, CausalLm student, int[] prompt, int vocabulary, int eos, int tokens) {
        List<int[]> longest = prefixes(vocabulary, eos, tokens - 1);
        double forward = 0;
        double reverse = 0;
        for (int from = 0; from < longest.size(); from += ROWS) {
            List<int[]> rows = longest.subList(from, Math.min(from + ROWS, longest.size()));
            float[] p = logProbabilities(teacher, prompt, rows);
            float[] q = logProbabilities(student, prompt, rows);
            for (int row = 0; row < rows.size(); row++) {
                int[] prefix = rows.get(row);
                double logP = 0;
                double logQ = 0;
                for (int length = 0; length < tokens; length++) {
                    int at = (row * tokens + length) * vocabulary;
                    if (isFirstOf(prefix, length, eos)) {
                        forward += Math.exp(logP) * kl(p, q, at, vocabulary);
                        reverse += Math.exp(logQ) * kl(q, p, at, vocabulary);
                    }
                    if (length < prefix.length) {
                        logP += p[at + prefix[length]];
                        logQ += q[at + prefix[length]];
                    }
                }
            }
        }
        return new SequenceKl(forward, reverse);
    }

    /** All sequences of so many tokens without the end, in the order of their ids. */
    private static List<int[]> prefixes(int vocabulary, int eos, int length) {
        List<int[]> all = List.of(new int[0]);
        for (int i = 0; i < length; i++) {
            List<int[]> longer = new ArrayList<>();
            for (int[] prefix : all) {
                for (int id = 0; id < vocabulary; id++) {
                    if (id != eos) {
                        int[] next = Arrays.copyOf(prefix, prefix.length + 1);
                        next[prefix.length] = id;
                        longer.add(next);
                    }
                }
            }
            all = longer;
        }
        return all;
    }

    /** Whether a sequence is the first with its first so many tokens: each prefix counts once. */
    private static boolean isFirstOf(int[] sequence, int length, int eos) {
        int least = eos == 0 ? 1 : 0;
        for (int i = length; i < sequence.length; i++) {
            if (sequence[i] != least) {
                return false;
            }
        }
        return true;
    }

    /** After prompt and prefix cut to 0, 1, .. tokens: [rows, tokens, V]. */
    private static float[] logProbabilities(CausalLm model, int[] prompt, List<int[]> prefixes) {
        List<TokenExample> examples = new ArrayList<>();
        for (int[] prefix : prefixes) {
            // What comes last is predicted and not read.
            examples.add(TokenExample.of("", "", 1, prompt, Arrays.copyOf(prefix, prefix.length + 1)));
        }
        try (TokenBatch batch = new TokenBatch(examples, false, model.weights().manager())) {
            return model.logits(model.labelHidden(batch)).logSoftmax(1).toFloatArray();
        }
    }

    private static double kl(float[] a, float[] b, int at, int vocabulary) {
        double sum = 0;
        for (int i = at; i < at + vocabulary; i++) {
            sum += Math.exp(a[i]) * ((double) a[i] - b[i]);
        }
        return sum;
    }
}
