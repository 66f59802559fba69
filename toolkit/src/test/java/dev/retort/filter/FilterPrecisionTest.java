package dev.retort.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.data.Question;
import dev.retort.data.TeacherSample;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FilterPrecisionTest {

    private static final Question OPEN = Question.ofText("open", "t", "Why?", null);
    private static final Question CHOICE = Variants.choice("c", "shelf");
    private static final Question VARIANT =
            Variants.made(Perturbation.OPTION_REORDER, CHOICE, 1).get(0);
    private static final List<Question> QUESTIONS = List.of(Samples.QUESTION, OPEN, CHOICE, VARIANT);

    private static FilterReport report() {
        List<TeacherSample> samples = new ArrayList<>(Samples.answers("2", "3", null, "2.", "2"));
        samples.add(Variants.sample(OPEN, 0, "so"));
        samples.add(Variants.sample(CHOICE, 0, "oven"));
        samples.add(Variants.sample(VARIANT, 0, "shelf"));
        SampleFilter firstAndFourth = (question, own) -> own.stream()
                .map(sample -> Verdict.keptIf(sample.sampleIndex() == 0 || sample.sampleIndex() == 3, "not-now"))
                .toList();
        return FilterReport.of(QUESTIONS, samples, List.of(new VariantFilter(), firstAndFourth));
    }

    @Test
    void countsTheRightOnes() {
        FilterPrecision precision = FilterPrecision.of(report(), QUESTIONS, AnswerForm.TEXT.equality());
        assertThat(precision).isEqualTo(new FilterPrecision(3, 2, 6, 3, 1));
        assertThat(precision.ofKept()).hasValue(2.0 / 3);
        assertThat(precision.ofAll()).hasValue(0.5);
        assertThat(precision.summary())
                .isEqualTo("right: 2 of 3 (66.7 %) kept samples, 3 of 6 (50.0 %) of all;"
                        + " 1 samples of questions without a known answer");
    }

    @Test
    void theAnswerMayBeWorkedOut() {
        FilterPrecision precision = FilterPrecision.of(
                report(),
                QUESTIONS,
                question -> question.id().equals("open") ? "so" : null,
                AnswerForm.TEXT.equality());
        assertThat(precision).isEqualTo(new FilterPrecision(1, 1, 1, 1, 6));
    }

    @Test
    void nothingKeptHasNoShare() {
        FilterPrecision precision = FilterPrecision.of(
                FilterReport.of(List.of(), List.of(), List.of()), List.of(), AnswerForm.TEXT.equality());
        assertThat(precision.ofKept()).isEmpty();
        assertThat(precision.summary()).isEqualTo("right: 0 of 0 kept samples, 0 of 0 of all");
    }

    @Test
    void aSampleOfNoQuestionIsAnError() {
        assertThatThrownBy(() -> FilterPrecision.of(report(), List.of(), AnswerForm.TEXT.equality()))
                .hasMessage("sample 0 belongs to question q1, which is not among the questions");
    }
}
