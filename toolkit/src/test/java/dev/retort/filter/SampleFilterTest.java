package dev.retort.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.data.TeacherSample;
import java.util.List;
import org.junit.jupiter.api.Test;

class SampleFilterTest {

    private static final List<TeacherSample> SAMPLES = Samples.answers("a", "b", "ab", "c");
    private static final SampleFilter NO_A = (question, samples) -> samples.stream()
            .map(sample -> Verdict.keptIf(!sample.answer().contains("a"), "has-a"))
            .toList();
    private static final SampleFilter NO_B = (question, samples) -> samples.stream()
            .map(sample -> Verdict.keptIf(!sample.answer().contains("b"), "has-b"))
            .toList();

    @Test
    void theFirstRejectionWins() {
        assertThat(Samples.words(SampleFilter.all(List.of(NO_A, NO_B)).judge(Samples.QUESTION, SAMPLES)))
                .containsExactly("has-a", "has-b", "has-a", "kept");
        assertThat(Samples.words(SampleFilter.all(List.of(NO_B, NO_A)).judge(Samples.QUESTION, SAMPLES)))
                .containsExactly("has-a", "has-b", "has-b", "kept");
        assertThat(Samples.words(SampleFilter.all(List.of()).judge(Samples.QUESTION, SAMPLES)))
                .containsExactly("kept", "kept", "kept", "kept");
    }

    @Test
    void everyFilterSeesAllSamples() {
        SampleFilter counting = (question, samples) -> samples.stream()
                .map(sample -> Verdict.keptIf(samples.size() == 4, "saw-fewer"))
                .toList();
        assertThat(Samples.words(SampleFilter.all(List.of(NO_A, counting)).judge(Samples.QUESTION, SAMPLES)))
                .containsExactly("has-a", "kept", "has-a", "kept");
    }

    @Test
    void aFilterMustJudgeEverySample() {
        SampleFilter broken = (question, samples) -> List.of();
        assertThatThrownBy(() -> SampleFilter.all(List.of(broken)).judge(Samples.QUESTION, SAMPLES))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageEndingWith(" gave 0 verdicts for the 4 samples of question q1");
    }
}
