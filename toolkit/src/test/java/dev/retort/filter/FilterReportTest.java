package dev.retort.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.TextNode;
import dev.retort.data.Question;
import dev.retort.data.Rows;
import dev.retort.data.TeacherSample;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FilterReportTest {

    private static final List<Question> QUESTIONS = List.of(
            Question.ofText("q1", "t", "one", "1"),
            Question.ofText("q2", "t", "two", "2"),
            Question.ofText("q3", "t", "three", "3"));

    @Test
    void sortsAndCounts() {
        TeacherSample second = Samples.sample("q1", 1, "x", "1", "stop");
        TeacherSample first = Samples.sample("q1", 0, "x", null, "length");
        TeacherSample other = Samples.sample("q2", 0, "x", "", "stop");
        TeacherSample cut = Samples.sample("q2", 1, "x", null, "length");
        FilterReport report = FilterReport.of(
                QUESTIONS,
                List.of(second, other, first, cut),
                List.of(new TruncatedFilter(), new AnswerFormatFilter()));
        assertThat(report.kept()).containsExactly(second);
        assertThat(report.rejected())
                .containsExactly(
                        FilterReport.withReason(other, "no-answer"),
                        FilterReport.withReason(first, "truncated"),
                        FilterReport.withReason(cut, "truncated"));
        assertThat(report.rejected().get(0).extra()).isEqualTo(Map.of("reason", TextNode.valueOf("no-answer")));
        assertThat(Rows.format(report.rejected().get(1))).endsWith(",\"reason\":\"truncated\"}");
        assertThat(report.reasons()).isEqualTo(Map.of("no-answer", 1, "truncated", 2));
        assertThat(report.questions()).isEqualTo(3);
        assertThat(report.questionsKept()).isEqualTo(1);
        assertThat(report.summary())
                .isEqualTo("kept 1 of 4 samples, of 1 of 3 questions; rejected: no-answer 1, truncated 2");
    }

    @Test
    void filtersSeeTheSamplesOfOneQuestionInTheOrderOfTheirIndex() {
        SampleFilter ordered = (question, samples) -> {
            assertThat(samples).allMatch(sample -> sample.id().equals(question.id()));
            assertThat(samples).extracting(TeacherSample::sampleIndex).isSorted();
            return samples.stream().map(sample -> Verdict.kept()).toList();
        };
        List<TeacherSample> samples = List.of(
                Samples.sample("q2", 2, "x", "1", "stop"),
                Samples.sample("q1", 0, "x", "1", "stop"),
                Samples.sample("q2", 0, "x", "1", "stop"));
        FilterReport report = FilterReport.of(QUESTIONS, samples, List.of(ordered));
        assertThat(report.kept()).isEqualTo(samples);
        assertThat(report.summary()).isEqualTo("kept 3 of 3 samples, of 2 of 3 questions");
    }

    @Test
    void equalSamplesAreJudgedEachForItself() {
        TeacherSample sample = Samples.sample("q1", 0, "x", "1", "stop");
        assertThat(FilterReport.of(QUESTIONS, List.of(sample, sample), List.of())
                        .kept())
                .hasSize(2);
    }

    @Test
    void aSampleOfNoQuestionIsAnError() {
        List<TeacherSample> samples = List.of(Samples.sample("q9", 4, "x", "1", "stop"));
        assertThatThrownBy(() -> FilterReport.of(QUESTIONS, samples, List.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("sample 4 belongs to question q9, which is not among the questions");
    }
}
