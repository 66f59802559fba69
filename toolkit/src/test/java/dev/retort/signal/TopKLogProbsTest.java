package dev.retort.signal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class TopKLogProbsTest {

    private static float[] logs(double... probabilities) {
        float[] logs = new float[probabilities.length];
        for (int i = 0; i < logs.length; i++) {
            logs[i] = (float) Math.log(probabilities[i]);
        }
        return logs;
    }

    private static TopKLogProbs one(int[] ids, float... logProbs) {
        return new TopKLogProbs(1, ids.length, ids, logProbs);
    }

    @Test
    void theMassOutsideIsWhatIsMissingFromOne() {
        TopKLogProbs top = new TopKLogProbs(2, 2, new int[] {4, 1, 1, 0}, logs(0.5, 0.25, 0.625, 0.375));
        assertThat(top.outsideMass(0)).isCloseTo(0.25, within(1e-7));
        assertThat(top.outsideMass(1)).isCloseTo(0, within(1e-7));
        // Rounded above 1, and nothing below 0 comes of it.
        assertThat(one(new int[] {3, 4}, 0, -8).outsideMass(0)).isEqualTo(0);
        assertThat(one(new int[] {3, 4}, 0, Float.NEGATIVE_INFINITY).outsideMass(0))
                .isEqualTo(0);
    }

    /** The expected number is of 40 digits; 1 minus the sum of the two as float32 is 4.8e-7. */
    @Test
    void nextToACertainTokenTheMassOutsideIsNotRounding() {
        assertThat(one(new int[] {3, 4}, -1e-6f, -14.5f).outsideMass(0)).isCloseTo(4.956518349075238e-7, within(1e-18));
    }

    @Test
    void whatIsNoSuchSignalIsRefused() {
        String start = "top-k log-probabilities: ";
        int[] two = {3, 4};
        assertThatThrownBy(() -> new TopKLogProbs(0, 1, new int[0], new float[0]))
                .hasMessage(start + "needs at least 1 position and 1 token, not 0 and 1");
        assertThatThrownBy(() -> new TopKLogProbs(2, 2, two, new float[4]))
                .hasMessage(start + "2 positions of 2 tokens need 4 ids and log-probabilities, not 2 and 4");
        assertThatThrownBy(() -> new TopKLogProbs(1 << 16, 1 << 16, new int[0], new float[0]))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> one(two, 0.5f, -1)).hasMessage(start + "position 0: 0.5 is no log-probability");
        assertThatThrownBy(() -> one(two, -1, Float.NaN)).hasMessage(start + "position 0: NaN is no log-probability");
        assertThatThrownBy(() -> one(two, -2, -1))
                .hasMessage(start + "position 0: the log-probabilities do not descend");
        assertThatThrownBy(() -> one(two, -0.1f, -0.1f))
                .hasMessageStartingWith(start + "position 0: the probabilities sum to 1.8");
        assertThatThrownBy(() -> one(new int[] {4, 4}, -1, -2))
                .hasMessage(start + "position 0: token id 4 stands there twice");
        assertThatThrownBy(() -> one(new int[] {4, -1}, -1, -2)).hasMessage(start + "position 0: -1 is no token id");
        assertThatThrownBy(() -> new TopKLogProbs(2, 1, new int[] {1, -7}, new float[2]))
                .hasMessage(start + "position 1: -7 is no token id");
    }

    @Test
    void roundingIsForgiven() {
        assertThatCode(() -> one(new int[] {3, 4}, 1e-4f, -9)).doesNotThrowAnyException();
    }

    @Test
    void idsMustBeOfTheVocabulary() {
        TopKLogProbs top = new TopKLogProbs(2, 2, new int[] {4, 1, 5, 0}, logs(0.5, 0.25, 0.5, 0.25));
        assertThatCode(() -> top.requireVocabulary(6)).doesNotThrowAnyException();
        assertThatThrownBy(() -> top.requireVocabulary(5))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("top-k log-probabilities: position 1: token id 5 is not in the vocabulary of 5 ids");
    }

    @Test
    void equalByContent() {
        TopKLogProbs top = one(new int[] {3, 4}, -1, -2);
        assertThat(top).isEqualTo(one(new int[] {3, 4}, -1, -2)).hasSameHashCodeAs(one(new int[] {3, 4}, -1, -2));
        assertThat(top).isNotEqualTo(one(new int[] {3, 5}, -1, -2)).isNotEqualTo(one(new int[] {3, 4}, -1, -3));
        assertThat(top).hasToString("TopKLogProbs[1 x 2, ids=[3, 4], logProbs=[-1.0, -2.0]]");
    }
}
