package dev.retort.prompt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.retort.data.Message;
import dev.retort.data.Question;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PromptTemplateTest {

    @Test
    void fillsSlotsAndUndoublesBraces() {
        PromptTemplate template = PromptTemplate.of("t", "{a} and {b_2}: {{\"x\": {a}}} }}{{");
        assertThat(template.slots()).containsExactly("a", "b_2");
        assertThat(template.fill(Map.of("a", "1", "b_2", "{a}"))).isEqualTo("1 and {a}: {\"x\": 1} }{");
    }

    @Test
    void errorsNameMissingAndUnknownSlots() {
        PromptTemplate template = PromptTemplate.of("t", "{a} {b} {c}");
        assertThatThrownBy(() -> template.fill(Map.of("b", "1", "d", "2")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("prompt t: no slot {d}, no value for {a}, no value for {c}; its slots are a, b, c");
    }

    @Test
    void strayBracesAreErrors() {
        for (String text : List.of("a } b", "{", "{A}", "{a b}", "{}", "x {a")) {
            assertThatThrownBy(() -> PromptTemplate.of("t", text))
                    .hasMessageStartingWith("prompt t: the brace at character ")
                    .hasMessageEndingWith(" opens no slot such as {question}; a brace itself is written twice");
        }
    }

    @Test
    void readsTheHeader() {
        PromptTemplate template =
                PromptTemplate.parse("t", "# source: ours\n# paper: none: really\n---\n{a}\n---\n\nend\n\n");
        assertThat(template.source()).isEqualTo("ours");
        assertThat(template.header()).isEqualTo(Map.of("source", "ours", "paper", "none: really"));
        assertThat(template.text()).isEqualTo("{a}\n---\n\nend\n");
        assertThat(PromptTemplate.parse("t", "# source: ours\n---\n").text()).isEmpty();
        assertThatThrownBy(() -> PromptTemplate.parse("t", "# paper: x\n---\nhello"))
                .hasMessage(
                        "prompt t: the header has no line \"# source: ...\"; write \"# source: ours\" for your own");
        assertThatThrownBy(() -> PromptTemplate.parse("t", "hello"))
                .hasMessage("prompt t: the line \"hello\" before the line --- is not a header line such as"
                        + " \"# source: ...\"");
    }

    @Test
    void unknownNameListsWhatThereIsAndTheNearest() {
        assertThatThrownBy(() -> PromptTemplate.named("rar-onestep"))
                .hasMessage("no prompt is named rar-onestep; did you mean rar-one-step? There are "
                        + String.join(", ", PromptTemplate.names()));
        assertThatThrownBy(() -> PromptTemplate.named("../secret"))
                .hasMessageStartingWith("no prompt is named ../secret");
    }

    @Test
    void everyFileIsListedAndSourced() throws IOException {
        Path folder = Path.of(System.getProperty("retort.root"), "toolkit/src/main/resources/prompts");
        try (var files = Files.list(folder)) {
            assertThat(files.map(file -> file.getFileName().toString())
                            .filter(name -> !name.equals("names"))
                            .sorted()
                            .toList())
                    .isEqualTo(PromptTemplate.names().stream()
                            .map(name -> name + ".txt")
                            .sorted()
                            .toList());
        }
        for (String name : PromptTemplate.names()) {
            PromptTemplate template = PromptTemplate.named(name);
            assertThat(template.source()).as(name).isNotBlank();
            assertThat(template.header().get("licence")).as(name).isNotBlank();
            assertThat(template.slots()).as(name).isNotEmpty();
        }
    }

    /** The published texts, as the papers' specifications have them. */
    @Test
    void publishedTextsAreVerbatim() {
        assertThat(PromptTemplate.named("zero-shot-cot").text())
                .isEqualTo("Q: {question}\nA: Let's think step by step.");
        assertThat(PromptTemplate.named("zero-shot-cot-answer").text())
                .isEqualTo("Q: {question}\nA: Let's think step by step.{rationale} \nTherefore, the {answer_words} is");
        assertThat(PromptTemplate.named("rar-one-step").text())
                .isEqualTo("\"{question}\"\nRephrase and expand the question, and respond. {specification}");
        assertThat(PromptTemplate.named("rar-rephrase").text())
                .isEqualTo("\"{question}\"\nGiven the above question, rephrase and expand it to help you do better"
                        + " answering. Maintain all information in the original question.");
        assertThat(PromptTemplate.named("rar-respond").text())
                .isEqualTo("(original) {question}\n(rephrased) {rephrased}\n{specification}Use your answer for the"
                        + " rephrased question to answer the original question.");
        assertThat(PromptTemplate.named("alpaca").text())
                .isEqualTo(
                        "Below is an instruction that describes a task. Write a response that appropriately completes"
                                + " the request.\n\n### Instruction:\n{question}\n\n### Response:\n");
        assertThat(PromptTemplate.named("dss-cqa")
                        .fill(Map.of(
                                "demonstrations",
                                "",
                                "question",
                                "Where?",
                                "choice_a",
                                "a1",
                                "choice_b",
                                "b1",
                                "choice_c",
                                "c1",
                                "choice_d",
                                "d1",
                                "choice_e",
                                "e1")))
                .isEqualTo("Q: Where?\nAnswer Choices:\n(a) a1\n(b) b1\n(c) c1\n(d) d1\n(e) e1\nA:");
    }

    @Test
    void appliesToTheLastUserTurn() {
        Map<String, JsonNode> extra = Map.of("hint", TextNode.valueOf("think"), "count", IntNode.valueOf(3));
        Question question = new Question(
                "q1",
                "t",
                List.of(Message.system("S"), Message.user("one"), Message.assistant("two"), Message.user("three")),
                "ref",
                extra);
        assertThat(PromptTemplate.of("t", "<{question}> {hint}").apply(question))
                .isEqualTo(new Question(
                        "q1",
                        "t",
                        List.of(
                                Message.system("S"),
                                Message.user("one"),
                                Message.assistant("two"),
                                Message.user("<three> think")),
                        "ref",
                        extra));
        assertThatThrownBy(() -> PromptTemplate.of("t", "{question} {count}").apply(question))
                .hasMessage("prompt t: question q1 has no text field count to fill the slot with");
        Question without = new Question("q2", "t", List.of(Message.system("S")), null);
        assertThatThrownBy(() -> PromptTemplate.of("t", "{question}").apply(without))
                .hasMessage("prompt t: question q2 has no user turn");
    }
}
