package dev.retort.papers.stepbystep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.data.Example;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class MethodTest {

    private static final Method.Texts TEXTS = new Method.Texts("predict: ", "explain: ", "So the answer is");

    private static final Lesson LESSON = new Lesson("q7", "Where?\n(a) lake", "lake", " (a) pond. ", " Boats float. ");

    /** Kind, prompt and completion of what is learnt, one line each. */
    private static List<String> learnt(Method method) {
        return method.examples(LESSON, LESSON.rationale(), TEXTS).stream()
                .map(example -> example.kind() + "|" + example.prompt() + "|" + example.completion())
                .toList();
    }

    @ParameterizedTest
    @EnumSource(names = {"STANDARD_FINETUNING", "STANDARD_FINETUNING_ASDIV", "STANDARD_FINETUNING_ASDIV_DEDUPLICATED"})
    void standardFinetuningLearnsGoldLabelsWithoutAPrefix(Method method) {
        assertThat(learnt(method)).containsExactly("answer|Where?\n(a) lake| lake");
        assertThat(method.prompt(LESSON, TEXTS)).isEqualTo("Where?\n(a) lake");
    }

    @Test
    void standardDistillationLearnsTheTeachersLabels() {
        assertThat(learnt(Method.STANDARD_DISTILLATION)).containsExactly("answer|Where?\n(a) lake| (a) pond.");
        assertThat(Method.STANDARD_DISTILLATION.prompt(LESSON, TEXTS)).isEqualTo("Where?\n(a) lake");
    }

    /** Equations 1 and 4: f([label] x) and f([rationale] x), two examples of one question. */
    @ParameterizedTest
    @EnumSource(names = {"STEP_BY_STEP", "STEP_BY_STEP_SHUFFLED", "STEP_BY_STEP_NOISE"})
    void stepByStepLearnsLabelAndRationaleUnderTheirPrefixes(Method method) {
        assertThat(learnt(method))
                .containsExactly(
                        "answer|predict: Where?\n(a) lake| lake", "rationale|explain: Where?\n(a) lake| Boats float.");
        assertThat(method.prompt(LESSON, TEXTS))
                .as("at test time the label's prefix alone")
                .isEqualTo("predict: Where?\n(a) lake");
    }

    @Test
    void stepByStepWithoutGoldLabelsLearnsTheTeachersLabel() {
        assertThat(learnt(Method.STEP_BY_STEP_TEACHER_LABELS))
                .containsExactly(
                        "answer|predict: Where?\n(a) lake| (a) pond.",
                        "rationale|explain: Where?\n(a) lake| Boats float.");
    }

    /** Equation 5: one target, the rationale first. */
    @Test
    void singleTaskLearnsRationaleAndLabelAsOneText() {
        assertThat(learnt(Method.SINGLE_TASK))
                .containsExactly("answer|Where?\n(a) lake| Boats float. So the answer is lake");
        assertThat(Method.SINGLE_TASK.prompt(LESSON, TEXTS)).isEqualTo("Where?\n(a) lake");
        assertThat(Method.SINGLE_TASK.examples(LESSON, " ", TEXTS).get(0).completion())
                .as("a blank rationale stays in")
                .isEqualTo(" So the answer is lake");
        assertThat(Method.SINGLE_TASK
                        .examples(LESSON, "R.", new Method.Texts("", "", ""))
                        .get(0)
                        .completion())
                .isEqualTo(" R. lake");
    }

    /** Equation 2: f(x, r). */
    @Test
    void rationaleAsInputAndPintoReadTheRationale() {
        assertThat(learnt(Method.RATIONALE_AS_INPUT)).containsExactly("answer|Where?\n(a) lake\nBoats float.| lake");
        assertThat(learnt(Method.PINTO)).containsExactly("answer|Where?\n(a) lake\nBoats float.| (a) pond.");
        for (Method method : Method.values()) {
            assertThat(method.readsRationales())
                    .as(method.title())
                    .isEqualTo(method == Method.RATIONALE_AS_INPUT || method == Method.PINTO);
        }
    }

    @Test
    void takesTheRationaleThatIsGivenToIt() {
        List<Example> examples = Method.STEP_BY_STEP_SHUFFLED.examples(LESSON, "Of another.", TEXTS);
        assertThat(examples.get(0).completion()).isEqualTo(" lake");
        assertThat(examples.get(1))
                .isEqualTo(new Example(
                        "q7#rationale",
                        "explain: Where?\n(a) lake",
                        " Of another.",
                        "rationale",
                        1.0,
                        List.of("q7"),
                        Map.of()));
    }

    @Test
    void keepsUnreadableAnswersOfTheTeacher() {
        Lesson unread = new Lesson("q", "x", "y", " ", " ");
        assertThat(Method.STEP_BY_STEP_TEACHER_LABELS.examples(unread, " ", TEXTS))
                .extracting(Example::completion)
                .containsExactly(" ", " ");
    }

    /** Equation 3 with alpha = 1 / (1 + lambda), halved. */
    @ParameterizedTest
    @EnumSource
    void weighsTwoTermsWhereRationalesAreATask(Method method) {
        Set<Method> two = EnumSet.of(
                Method.STEP_BY_STEP,
                Method.STEP_BY_STEP_TEACHER_LABELS,
                Method.STEP_BY_STEP_SHUFFLED,
                Method.STEP_BY_STEP_NOISE);
        assertThat(method.hasRationales()).isEqualTo(two.contains(method));
        assertThat(method.terms(0.75))
                .isEqualTo(two.contains(method) ? Map.of("answer", 0.75, "rationale", 0.25) : Map.of("answer", 1.0));
    }

    @ParameterizedTest
    @CsvSource({
        "STANDARD_FINETUNING, standard-finetuning, STANDARD_FINETUNING, false",
        "STANDARD_DISTILLATION, standard-distillation, STANDARD_DISTILLATION, true",
        "STEP_BY_STEP, step-by-step, STANDARD_FINETUNING, false",
        "STEP_BY_STEP_TEACHER_LABELS, step-by-step-teacher-labels, STANDARD_DISTILLATION, true",
        "STEP_BY_STEP_SHUFFLED, step-by-step-shuffled, STANDARD_FINETUNING, false",
        "STEP_BY_STEP_NOISE, step-by-step-noise, STANDARD_FINETUNING, false",
        "SINGLE_TASK, single-task, STANDARD_FINETUNING, false",
        "RATIONALE_AS_INPUT, rationale-as-input, STANDARD_FINETUNING, false",
        "PINTO, pinto, STANDARD_DISTILLATION, true",
        "STANDARD_FINETUNING_ASDIV, standard-finetuning-asdiv, STANDARD_FINETUNING, false",
        "STANDARD_FINETUNING_ASDIV_DEDUPLICATED, standard-finetuning-asdiv-deduplicated, STANDARD_FINETUNING, false",
        "FEW_SHOT_COT, few-shot-cot, STANDARD_FINETUNING, true"
    })
    void hasANameABaselineAndLabels(Method method, String title, Method baseline, boolean hasTeacherLabels) {
        assertThat(method.title()).isEqualTo(title);
        assertThat(Method.of(title)).isEqualTo(method);
        assertThat(method.baseline()).isEqualTo(baseline);
        assertThat(method.hasTeacherLabels()).isEqualTo(hasTeacherLabels);
        assertThat(method.addsAsdiv()).isEqualTo(title.contains("asdiv"));
        assertThat(method.task()).isEqualTo(title.endsWith("noise") ? KindsWorld.NOISE : KindsWorld.INFORMATIVE);
    }

    @Test
    void knowsNoOtherName() {
        assertThatThrownBy(() -> Method.of("step-by-stop"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("there is no method 'step-by-stop'");
    }
}
