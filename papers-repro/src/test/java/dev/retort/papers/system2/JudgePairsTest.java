package dev.retort.papers.system2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.retort.data.DataCatalogue;
import dev.retort.data.Message;
import dev.retort.data.Question;
import dev.retort.data.Rows;
import dev.retort.filter.Perturbation;
import dev.retort.filter.Perturbed;
import dev.retort.prompt.PromptTemplate;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JudgePairsTest {

    private static final String TREE =
            "{\"message_tree_id\":\"tree\",\"prompt\":{\"text\":\"P0\",\"role\":\"prompter\","
                    + "\"replies\":[{\"text\":\"good\",\"role\":\"assistant\",\"rank\":0,\"replies\":[{\"text\":\"P1\","
                    + "\"role\":\"prompter\",\"replies\":[{\"text\":\"bad {x}\",\"role\":\"assistant\",\"rank\":1,"
                    + "\"replies\":[]},{\"text\":\"fine\",\"role\":\"assistant\",\"rank\":0,\"replies\":[]}]}]},"
                    + "{\"text\":\"tied\",\"role\":\"assistant\",\"rank\":0,\"replies\":[]},"
                    + "{\"text\":\"poor\",\"role\":\"assistant\",\"rank\":1,\"replies\":[]},"
                    + "{\"text\":\"unranked\",\"role\":\"assistant\",\"rank\":null,\"replies\":[]},"
                    + "{\"text\":\"gone\",\"role\":\"assistant\",\"rank\":2,\"deleted\":true,\"replies\":[]},"
                    + "{\"text\":\"good\",\"role\":\"assistant\",\"rank\":3,\"replies\":[]}]}}\n";

    private static final PromptTemplate SHORT = PromptTemplate.of("short", "{question}|{answer_a}|{answer_b}");

    @TempDir
    Path folder;

    private List<JudgePair> pairs(String text) throws IOException {
        DataCatalogue catalogue = SmallData.of(folder, "oasst", "en_100_tree.jsonl.gz", text);
        Path file = folder.resolve("oasst/en_100_tree.jsonl.gz");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
            out.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return JudgePairs.pairs(catalogue);
    }

    @Test
    void pairsRankedRepliesToOnePrompt() throws IOException {
        assertThat(pairs(TREE))
                .containsExactly(
                        new JudgePair("oasst-0-0", "tree", List.of(), "P0", "good", "poor"),
                        new JudgePair("oasst-0-1", "tree", List.of(), "P0", "tied", "poor"),
                        new JudgePair("oasst-0-2", "tree", List.of(), "P0", "tied", "good"),
                        new JudgePair("oasst-0-3", "tree", List.of(), "P0", "poor", "good"),
                        new JudgePair(
                                "oasst-0-4",
                                "tree",
                                List.of(Message.user("P0"), Message.assistant("good")),
                                "P1",
                                "fine",
                                "bad {x}"));
    }

    @Test
    void asksBothOrders() throws IOException {
        List<JudgePair> pairs = pairs(TREE);
        List<Question> questions = JudgePairs.questions(pairs, SHORT, 0);
        assertThat(questions).hasSize(10);
        for (int i = 0; i < 5; i++) {
            JudgePair pair = pairs.get(i);
            Question first = questions.get(2 * i);
            Question second = questions.get(2 * i + 1);
            String betterFirst = pair.prompt() + "|" + pair.better() + "|" + pair.worse();
            String worseFirst = pair.prompt() + "|" + pair.worse() + "|" + pair.better();
            assertThat(List.of(first.reference(), second.reference())).containsExactlyInAnyOrder("A", "B");
            assertThat(first.text()).isEqualTo(first.reference().equals("A") ? betterFirst : worseFirst);
            assertThat(second.text()).isEqualTo(second.reference().equals("A") ? betterFirst : worseFirst);
            assertThat(first.id()).isEqualTo(pair.id() + "-first");
            assertThat(first.messages().subList(0, first.messages().size() - 1)).isEqualTo(pair.context());
            assertThat(first.extra()).containsOnlyKeys("pair", "tree", "order", "prompt", "responses");
            assertThat(second.extra().get("order").textValue()).isEqualTo("second");
            JsonNode responses = second.extra().get("responses");
            assertThat(second.text())
                    .isEqualTo(pair.prompt() + "|" + responses.get(0).textValue() + "|"
                            + responses.get(1).textValue());
        }
    }

    @Test
    void itsResponsesCanChangePlaces() throws IOException {
        List<Question> questions = JudgePairs.questions(pairs(TREE), SHORT, 0);
        Perturbed.Variants swapped =
                (Perturbed.Variants) Perturbation.RESPONSE_ORDER_SWAP.perturb(questions.get(8), 1, 0);
        Question variant = swapped.questions().get(0);
        assertThat(variant.messages()).isEqualTo(questions.get(9).messages());
        assertThat(variant.reference()).isEqualTo(questions.get(9).reference());
        assertThat(variant.extra().get("responses"))
                .isEqualTo(questions.get(9).extra().get("responses"));
    }

    @Test
    void refusesWhatIsNoTree() {
        assertThatThrownBy(() -> pairs(TREE.replace("prompter", "assistant").replace("\"role\"", "\"part\"")))
                .isInstanceOf(IOException.class)
                .hasMessage("oasst/en_100_tree.jsonl.gz: row 1: role is missing or not a text");
        assertThatThrownBy(() -> pairs("{\"message_tree_id\":\"tree\"}"))
                .hasMessage("oasst/en_100_tree.jsonl.gz: row 1: text is missing or not a text");
    }

    @Test
    @Tag("shared-data")
    void theTreesAreAsDescribed() throws IOException {
        List<JudgePair> pairs = JudgePairs.pairs(SmallData.shared());
        assertThat(pairs).hasSize(754);
        assertThat(pairs.stream().map(JudgePair::tree).distinct()).hasSize(100);
        assertThat(pairs.stream()
                        .map(pair -> List.of(pair.tree(), pair.context(), pair.prompt()))
                        .distinct())
                .hasSize(212);
        assertThat(pairs.stream().map(JudgePair::id).distinct()).hasSize(754);
        List<JudgePair> train = JudgePairs.half(pairs, true, 0);
        List<JudgePair> test = JudgePairs.half(pairs, false, 0);
        assertThat(train.size() + test.size()).isEqualTo(754);
        Set<String> trees = new HashSet<>();
        train.forEach(pair -> trees.add(pair.tree()));
        assertThat(trees).hasSize(50);
        assertThat(test).noneMatch(pair -> trees.contains(pair.tree()));
        assertThat(JudgePairs.sharedPrompts(test, train)).isZero();
        List<Question> questions = JudgePairs.questions(pairs, JudgePairs.prompt(), 0);
        assertThat(questions).hasSize(1508);
        assertThat(questions.stream().filter(question -> question.reference().equals("A")))
                .hasSize(754);
    }

    @Test
    @Tag("shared-data")
    void thePromptIsFastChats() throws IOException {
        Path file = SmallData.shared().resolve("mt_bench", "judge_prompts.jsonl");
        JsonNode published = Rows.mapper().readTree(Files.readAllLines(file).get(0));
        assertThat(published.path("name").textValue()).isEqualTo("pair-v2");
        assertThat(JudgePairs.prompt().text())
                .isEqualTo(published.path("system_prompt").textValue() + "\n\n"
                        + published.path("prompt_template").textValue());
        assertThat(JudgePairs.prompt().slots()).containsExactly("question", "answer_a", "answer_b");
    }
}
