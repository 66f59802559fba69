package dev.retort.batch;

import java.util.Arrays;

/**
 * One training example in token ids.
 *
 * @param id of the example it was made from
 * @param kind the loss term it belongs to
 * @param weight of its tokens within the term
 * @param input decoder-only: prompt and completion; encoder-decoder: the encoder's input
 * @param labels decoder-only: as long as {@code input}, the id at a position that carries loss, else -100;
 *     encoder-decoder: the decoder's targets
 */
public record TokenExample(String id, String kind, double weight, int[] input, int[] labels) {

    /** The label of a position that carries no loss. */
    public static final int IGNORED = -100;

    /** A decoder-only example whose completion alone carries loss. */
    public static TokenExample of(String id, String kind, double weight, int[] prompt, int[] completion) {
        int[] input = Arrays.copyOf(prompt, prompt.length + completion.length);
        System.arraycopy(completion, 0, input, prompt.length, completion.length);
        int[] labels = input.clone();
        Arrays.fill(labels, 0, prompt.length, IGNORED);
        return new TokenExample(id, kind, weight, input, labels);
    }

    /** Tokens that carry loss. */
    public int labelled() {
        return (int) Arrays.stream(labels).filter(label -> label != IGNORED).count();
    }

    /** Tokens that the model reads. */
    public int length() {
        return input.length;
    }

    /** Of a decoder-only example the tokens up to the one that predicts the last label, at least one: nobody asks what comes after. */
    public int[] predictors() {
        int length = input.length - 1;
        while (length > 1 && labels[length] == IGNORED) {
            length--;
        }
        return Arrays.copyOf(input, Math.max(1, length));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TokenExample that
                && id.equals(that.id)
                && kind.equals(that.kind)
                && weight == that.weight
                && Arrays.equals(input, that.input)
                && Arrays.equals(labels, that.labels);
    }

    @Override
    public int hashCode() {
        return 31 * id.hashCode() + Arrays.hashCode(input);
    }

    @Override
    public String toString() {
        return "TokenExample[" + id + ", " + kind + ", input=" + Arrays.toString(input) + ", labels="
                + Arrays.toString(labels) + "]";
    }
}
