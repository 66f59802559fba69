package dev.retort.prompt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class FewShotLayoutTest {

    private static final Demonstration SHOT = new Demonstration("q", "r.", "l");

    @Test
    void theStandardIsTheFirstPublishedLayout() {
        assertThat(FewShotLayout.named("dss-cqa-few-shot")).isEqualTo(FewShotLayout.standard());
        assertThat(FewShotLayout.standard().block(SHOT)).isEqualTo("Q: q\nA: r. So the answer is l.");
        assertThat(FewShotLayout.standard().asked("q")).isEqualTo("Q: q\nA:");
        assertThat(FewShotLayout.standard().stop()).isEqualTo("\nQ:");
    }

    @Test
    void publishedLayoutsComeFromTheirFiles() {
        assertThat(FewShotLayout.names())
                .containsExactly("dss-anli-few-shot", "dss-cqa-few-shot", "dss-esnli-few-shot", "dss-svamp-few-shot");
        assertThat(FewShotLayout.named("dss-svamp-few-shot"))
                .isEqualTo(new FewShotLayout("Q:", "A:", "The answer is", false, true));
        assertThat(FewShotLayout.named("dss-anli-few-shot"))
                .isEqualTo(new FewShotLayout("Premise:", "Answer:", "So the answer is", false, true));
        FewShotLayout esnli = FewShotLayout.named("dss-esnli-few-shot");
        assertThat(esnli).isEqualTo(new FewShotLayout("Premise:", "Reasonings:", "Answer:", true, false));
        assertThat(esnli.block(new Demonstration("P\nHypothesis: H", "r.", "neutral")))
                .isEqualTo("Premise: P\nHypothesis: H\nReasonings: r.\nAnswer: neutral");
    }

    /** The prompts for one question and their layouts agree. */
    @Test
    void publishedLayoutsAreThoseOfThePrompts() {
        for (String name : List.of("dss-cqa", "dss-svamp", "dss-anli")) {
            FewShotLayout layout = FewShotLayout.named(name + "-few-shot");
            assertThat(PromptTemplate.named(name).text())
                    .as(name)
                    .startsWith("{demonstrations}" + layout.questionHeader() + " {")
                    .endsWith("\n" + layout.answerHeader());
        }
    }

    @Test
    void otherFormsAreErrors() {
        assertThatThrownBy(() -> FewShotLayout.named("dss-cqa"))
                .hasMessage("no layout of demonstrations is named dss-cqa; there are dss-anli-few-shot,"
                        + " dss-cqa-few-shot, dss-esnli-few-shot, dss-svamp-few-shot");
        for (String text : List.of(
                "{question}\nA: {rationale} So {label}.",
                "Q: {question}\nA: {rationale} So {label}!",
                "Q: {question}\nA: {rationale}. So {label}.",
                "Q: {question} A: {rationale} So {label}.")) {
            assertThatThrownBy(() -> FewShotLayout.of(PromptTemplate.of("mine", text)))
                    .as(text)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("prompt mine shows no layout of demonstrations; one is \"Q: {question}\", a line break,"
                            + " \"A: {rationale} So the answer is {label}.\", with words of its own");
        }
        for (String words : new String[] {null, "", " ", "Q: ", "Q\nq"}) {
            assertThatThrownBy(() -> new FewShotLayout(words, "A:", "So", false, true))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("the question header must be words of one line without blanks around them, not \""
                            + words + "\"");
        }
    }

    @Test
    void headersMayHaveSeveralWords() {
        assertThat(FewShotLayout.of(PromptTemplate.of(
                        "mine", "The question is {question}\nStep by step: {rationale}\nTherefore {label}")))
                .isEqualTo(new FewShotLayout("The question is", "Step by step:", "Therefore", true, false));
    }
}
