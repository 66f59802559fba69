package dev.retort.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TimingsTest {

    @Test
    void theMedianIsTheMiddleOrTheMeanOfTheTwoInTheMiddle() {
        assertThat(Timings.median(new double[] {3})).isEqualTo(3);
        assertThat(Timings.median(new double[] {9, 1, 2})).isEqualTo(2);
        assertThat(Timings.median(new double[] {8, 1, 2, 4})).isEqualTo(3);
    }

    @Test
    void theSpreadIsTheRangeOverTheMedian() {
        assertThat(Timings.spread(new double[] {3})).isZero();
        assertThat(Timings.spread(new double[] {2.5, 2, 1})).isEqualTo(0.75);
        assertThat(Timings.spread(new double[] {8, 1, 2, 4})).isEqualTo(7 / 3.0);
    }

    @Test
    void valuesKeepTheirOrder() {
        double[] values = {3, 1, 2};
        assertThat(Timings.median(values) + Timings.spread(values)).isEqualTo(3);
        assertThat(values).containsExactly(3, 1, 2);
    }

    @Test
    void rounds() {
        assertThat(Timings.rounded(1.23456, 3)).isEqualTo(1.235);
        assertThat(Timings.rounded(1.2344, 3)).isEqualTo(1.234);
        assertThat(Timings.rounded(12.05, 0)).isEqualTo(12);
    }
}
