package dev.retort.run;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ProgressUpdateTest {

    @Test
    void saysWhatIsKnown() {
        assertThat(new ProgressUpdate("train", 120, 200, 512.4, 1.23456, 83, 55.4).format())
                .isEqualTo("train 120/200 | 512 tokens/s | loss 1.2346 | 1:23, 0:55 left");
        assertThat(new ProgressUpdate("ask", 0, 200, Double.NaN, Double.NaN, 0, Double.NaN).format())
                .isEqualTo("ask 0/200 | 0:00");
        assertThat(new ProgressUpdate("train", 1, 9, Double.NaN, Double.NaN, 3725, 29800).format())
                .isEqualTo("train 1/9 | 1:02:05, 8:16:40 left");
    }
}
