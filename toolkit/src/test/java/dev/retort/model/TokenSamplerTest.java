package dev.retort.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retort.data.SamplingParams;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TokenSamplerTest {

    private static final SamplingParams PLAIN = SamplingParams.none().withTemperature(1.0);

    @Test
    void drawsAsOftenAsIsProbable() {
        float[] probabilities = {9, 9, 0.1f, 0.6f, 0, 0.3f, 9};
        int[] counts = new int[4];
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 20_000; i++) {
            counts[TokenSampler.sample(probabilities, 2, 4, PLAIN, random)]++;
        }
        assertThat(counts[0] / 20_000.0).isBetween(0.09, 0.11);
        assertThat(counts[1] / 20_000.0).isBetween(0.585, 0.615);
        assertThat(counts[2]).isZero();
        assertThat(counts[3] / 20_000.0).isBetween(0.285, 0.315);
    }

    @Test
    void topKAndTopPKeepTheMostProbable() {
        // Softmax of 0, 3, 2, 1, -1.
        float[] probabilities = {0.0315f, 0.633f, 0.233f, 0.0857f, 0.0116f};
        SplittableRandom random = new SplittableRandom(1);
        int[] counts = new int[5];
        int[] nucleus = new int[5];
        for (int i = 0; i < 2000; i++) {
            counts[TokenSampler.sample(probabilities, 0, 5, PLAIN.withTopK(2), random)]++;
            nucleus[TokenSampler.sample(probabilities, 0, 5, PLAIN.withTopP(0.9), random)]++;
        }
        assertThat(counts[0] + counts[3] + counts[4]).isZero();
        // Of the two that stay the first has 0.731.
        assertThat(counts[1] / 2000.0).isBetween(0.69, 0.77);
        // 0.8 is reached by the first two, 0.9 by the first three.
        assertThat(nucleus[0] + nucleus[4]).isZero();
        assertThat(nucleus[3]).isPositive();
    }

    @Test
    void tokensOfEqualProbabilityStayTogether() {
        float[] probabilities = {0.2f, 0.3f, 0.2f, 0.2f, 0.1f};
        int[] counts = new int[5];
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < 2000; i++) {
            counts[TokenSampler.sample(probabilities, 0, 5, PLAIN.withTopK(2), random)]++;
        }
        assertThat(counts[4]).isZero();
        assertThat(counts).startsWith(counts[0], counts[1], counts[2], counts[3]);
        assertThat(IntStream.range(0, 4).map(i -> counts[i])).allMatch(count -> count > 300);
    }

    /** Peaked predictions, whose few likely tokens suffice, and flat ones, which have none or too few. */
    @ParameterizedTest
    @CsvSource({
        "12,5,",
        "12,,0.9",
        "12,,0.99999",
        "12,300,0.95",
        "3,50,0.9",
        "0.1,,0.9",
        "0.1,40,",
        "0.1,40,0.5",
        "0.1,,1e-9",
        "12,1,",
        "3,3000,"
    })
    void keepsWhatASortOfAllKeeps(double spread, Integer topK, Double topP) {
        SplittableRandom random = new SplittableRandom(5);
        int size = 20_000;
        for (int round = 0; round < 3; round++) {
            float[] probabilities = new float[size];
            double sum = 0;
            for (int i = 0; i < size; i++) {
                probabilities[i] = (float) Math.exp(spread * random.nextGaussian() / 3);
                sum += probabilities[i];
            }
            for (int i = 0; i < size; i++) {
                probabilities[i] /= (float) sum;
            }
            double total = 0;
            for (float probability : probabilities) {
                total += probability;
            }
            SamplingParams params = PLAIN.withTopK(topK).withTopP(topP);
            assertThat(TokenSampler.threshold(probabilities, 0, size, total, params))
                    .isEqualTo(expected(probabilities, total, topK, topP));
        }
    }

    private static float expected(float[] probabilities, double total, Integer topK, Double topP) {
        float[] sorted = probabilities.clone();
        Arrays.sort(sorted);
        int most = topK == null ? sorted.length : Math.min(topK, sorted.length);
        int count = most;
        if (topP != null) {
            double mass = total;
            if (topK != null) {
                mass = 0;
                for (int n = 1; n <= most; n++) {
                    mass += sorted[sorted.length - n];
                }
            }
            double reached = 0;
            count = 0;
            while (count < most && reached < topP * mass) {
                count++;
                reached += sorted[sorted.length - count];
            }
            count = Math.max(1, count);
        }
        return sorted[sorted.length - count];
    }
}
