package dev.retort.filter;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class TruncatedFilterTest {

    @Test
    void rejectsWhatMetTheTokenLimit() {
        assertThat(Samples.words(new TruncatedFilter()
                        .judge(
                                Samples.QUESTION,
                                List.of(
                                        Samples.sample("q1", 0, "x", "2", "stop"),
                                        Samples.sample("q1", 1, "x", null, "length"),
                                        Samples.sample("q1", 2, "x", "2", null)))))
                .containsExactly("kept", "truncated", "kept");
    }
}
