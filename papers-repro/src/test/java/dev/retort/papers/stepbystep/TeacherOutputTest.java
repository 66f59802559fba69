package dev.retort.papers.stepbystep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** Expected values are those of the authors' Python rules. */
class TeacherOutputTest {

    @Test
    void cutsArithmeticAtTheNextQuestionAndTakesTheEquation() {
        assertThat(TeacherOutput.parse(
                        DssDataSet.SVAMP,
                        "There are 45 beds.  The answer is (10 * (4 + 5)).\n\nQ: More? The answer is (1)."))
                .isEqualTo(new TeacherOutput("There are 45 beds.", "(10 * (4 + 5))", false));
        assertThat(TeacherOutput.parse(DssDataSet.SVAMP, "R The answer is (3) or (4) apples."))
                .as("greedy")
                .isEqualTo(new TeacherOutput("R", "(3) or (4)", false));
        assertThat(TeacherOutput.parse(DssDataSet.SVAMP, "R The answer is (3\u2028) or (4\n)."))
                .as("a dot stops at a line feed only")
                .isEqualTo(new TeacherOutput("R", "(3\u2028)", false));
    }

    @Test
    void arithmeticWithoutPhraseOrEquationStaysBlank() {
        assertThat(TeacherOutput.parse(DssDataSet.SVAMP, "So it goes on and on"))
                .isEqualTo(new TeacherOutput(" ", " ", true));
        assertThat(TeacherOutput.parse(DssDataSet.SVAMP, "A The answer is (1). The answer is (2)."))
                .as("the phrase twice")
                .isEqualTo(new TeacherOutput(" ", " ", true));
        assertThat(TeacherOutput.parse(DssDataSet.SVAMP, "A The answer is 12."))
                .isEqualTo(new TeacherOutput("A", " ", true));
        assertThat(TeacherOutput.parse(DssDataSet.SVAMP, "A The answer is (1\n)."))
                .isEqualTo(new TeacherOutput("A", " ", true));
    }

    @Test
    void choiceIsTheTextBetweenTheFirstTwoLetters() {
        assertThat(TeacherOutput.parse(DssDataSet.CQA, " Many. So the answer is (b) park. \nQ: Next? (a) x"))
                .isEqualTo(new TeacherOutput(" Many.", "park", false));
        assertThat(TeacherOutput.parse(DssDataSet.CQA, "M So the answer is (b) park (c) pond."))
                .isEqualTo(new TeacherOutput("M", "park", false));
        assertThat(TeacherOutput.parse(DssDataSet.CQA, "M So the answer is (b) etc..")
                        .label())
                .as("one full stop goes")
                .isEqualTo("etc.");
        assertThat(TeacherOutput.parse(DssDataSet.CQA, "M So the answer is (b)\u00a0park\u00a0")
                        .label())
                .isEqualTo("park");
        assertThat(TeacherOutput.parse(DssDataSet.CQA, "M So the answer is (b) .")
                        .label())
                .isEmpty();
    }

    @Test
    void choiceWithoutLetterOrTextStaysBlank() {
        assertThat(TeacherOutput.parse(DssDataSet.CQA, "M So the answer is park."))
                .isEqualTo(new TeacherOutput("M", " ", true));
        assertThat(TeacherOutput.parse(DssDataSet.CQA, "M So the answer is (b)"))
                .isEqualTo(new TeacherOutput("M", " ", true));
        assertThat(TeacherOutput.parse(DssDataSet.CQA, "M So the answer is (ab) park."))
                .isEqualTo(new TeacherOutput("M", " ", true));
    }

    @Test
    void choiceWithoutThePhraseIsAnErrorAsInTheAuthorsCode() {
        assertThatThrownBy(() -> TeacherOutput.parse(DssDataSet.CQA, "no idea"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a CQA output needs \"So the answer is\" exactly once before the next \"Q:\": no idea");
    }

    @Test
    void adversarialInferenceDropsTheLastCharacterWhateverItIs() {
        assertThat(TeacherOutput.parse(DssDataSet.ANLI1, "R.\u0085 So the answer is neutral.\n\nPremise: next"))
                .isEqualTo(new TeacherOutput("R.", "neutral", false));
        assertThat(TeacherOutput.parse(DssDataSet.ANLI1, "R. So the answer is neutral"))
                .isEqualTo(new TeacherOutput("R.", "neutra", false));
        assertThat(TeacherOutput.parse(DssDataSet.ANLI1, "R. So the answer is ok\ud83d\ude00")
                        .label())
                .as("a character outside the basic plane is one")
                .isEqualTo("ok");
        assertThat(TeacherOutput.parse(DssDataSet.ANLI1, "R. So the answer is"))
                .isEqualTo(new TeacherOutput("R.", "", false));
        assertThat(TeacherOutput.parse(DssDataSet.ANLI1, "R. Premise: So the answer is neutral."))
                .isEqualTo(new TeacherOutput("", "", true));
    }

    @Test
    void inferenceTakesTheLineAfterAnswer() {
        assertThat(TeacherOutput.parse(DssDataSet.ESNLI, " R.\nAnswer: neutral\n\nPremise: P\nAnswer: entailment"))
                .isEqualTo(new TeacherOutput(" R.", "neutral", false));
        assertThat(TeacherOutput.parse(DssDataSet.ESNLI, "R.\nAnswer: neutral Answer: other")
                        .label())
                .isEqualTo("neutral");
        assertThat(TeacherOutput.parse(DssDataSet.ESNLI, "R.\nAnswer:neutral"))
                .isEqualTo(new TeacherOutput("R.", " ", true));
        assertThat(TeacherOutput.parse(DssDataSet.ESNLI, "R. that never ends\n"))
                .isEqualTo(new TeacherOutput("R. that never ends", " ", true));
    }
}
