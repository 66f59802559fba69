package dev.retort.papers.stepbystep;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.batch.TokenExample;
import dev.retort.batch.Tokenizer;
import dev.retort.data.Rows;
import dev.retort.model.LoadedModel;
import dev.retort.model.Models;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Words: eos 1, "predict:" 3, "explain:" 4, x0.. from 5, y0.. from 25, r0.. from 45. */
class MethodItemsTest {

    private static final int COUNT = 20;
    private static final Method.Texts TEXTS = new Method.Texts("predict: ", "explain: ", "");

    private static LoadedModel student;

    @BeforeAll
    static void make() throws IOException {
        List<String> words = new ArrayList<>(List.of("predict:", "explain:"));
        for (String kind : List.of("x", "y", "r")) {
            for (int i = 0; i < COUNT; i++) {
                words.add(kind + i);
            }
        }
        ObjectNode json = Rows.mapper().createObjectNode();
        json.put("model_type", "llama").put("vocab_size", 65).put("hidden_size", 8);
        json.put("intermediate_size", 8).put("num_hidden_layers", 1).put("num_attention_heads", 2);
        json.put("max_position_embeddings", 16).put("tie_word_embeddings", true);
        student = new LoadedModel(
                Models.create(json, 1, Device.cpu()),
                Tokenizer.ofWords(words),
                Rows.mapper().createObjectNode(),
                Path.of("scratch"));
    }

    @AfterAll
    static void close() {
        student.close();
    }

    private static List<Lesson> lessons() {
        List<Lesson> lessons = new ArrayList<>();
        for (int i = 0; i < COUNT; i++) {
            lessons.add(new Lesson("q" + i, "x" + i, "y" + i, null, "r" + i));
        }
        return lessons;
    }

    private static List<List<TokenExample>> items(Method method, long seed) throws IOException {
        return MethodItems.of(method, lessons(), TEXTS, seed, student, 16);
    }

    @Test
    void labelAndRationaleOfAQuestionAreOneItem() throws IOException {
        List<List<TokenExample>> items = items(Method.STEP_BY_STEP, 3);
        assertThat(items).hasSize(COUNT);
        for (int i = 0; i < COUNT; i++) {
            int x = 5 + i;
            assertThat(items.get(i))
                    .containsExactly(
                            new TokenExample("q" + i + "#answer", "answer", 1, new int[] {3, x, x + 20, 1}, new int[] {
                                -100, -100, x + 20, 1
                            }),
                            new TokenExample(
                                    "q" + i + "#rationale", "rationale", 1, new int[] {4, x, x + 40, 1}, new int[] {
                                        -100, -100, x + 40, 1
                                    }));
        }
        assertThat(items(Method.STEP_BY_STEP, 4)).as("no draw is made").isEqualTo(items);
    }

    @Test
    void baselinesHaveOneExampleAnItem() throws IOException {
        assertThat(items(Method.STANDARD_FINETUNING, 0))
                .hasSize(COUNT)
                .allMatch(item -> item.size() == 1)
                .extracting(item -> item.get(0).input())
                .contains(new int[] {5, 25, 1}, new int[] {24, 44, 1});
    }

    @Test
    void theControlPermutesRationalesByTheSeed() throws IOException {
        List<List<TokenExample>> plain = items(Method.STEP_BY_STEP, 0);
        List<List<TokenExample>> shuffled = items(Method.STEP_BY_STEP_SHUFFLED, 0);
        int[] first = rationales(shuffled);
        assertThat(first).isNotEqualTo(rationales(plain));
        assertThat(Arrays.stream(first).sorted().toArray()).isEqualTo(rationales(plain));
        for (int i = 0; i < COUNT; i++) {
            assertThat(shuffled.get(i).get(0))
                    .as("labels stay")
                    .isEqualTo(plain.get(i).get(0));
            assertThat(shuffled.get(i).get(1).input()).startsWith(4, 5 + i);
            assertThat(shuffled.get(i).get(1).id()).isEqualTo("q" + i + "#rationale");
        }
        assertThat(rationales(items(Method.STEP_BY_STEP_SHUFFLED, 0))).isEqualTo(first);
        assertThat(rationales(items(Method.STEP_BY_STEP_SHUFFLED, 1))).isNotEqualTo(first);
    }

    @Test
    void aMissingRationaleIsBlankAndLongOnesAreCut() throws IOException {
        Lesson without = new Lesson("q", "x0", "y0", null, null);
        assertThat(MethodItems.of(Method.STANDARD_FINETUNING, List.of(without), TEXTS, 0, student, 16)
                        .get(0)
                        .get(0)
                        .input())
                .containsExactly(5, 25, 1);
        Lesson longer = new Lesson("q", "x0 x1 x2", "y0", null, "r0 r1 r2");
        assertThat(MethodItems.of(Method.STEP_BY_STEP, List.of(longer), TEXTS, 0, student, 6)
                        .get(0)
                        .get(1)
                        .input())
                .containsExactly(4, 5, 6, 7, 45, 46);
    }

    /** The token of every item's rationale. */
    private static int[] rationales(List<List<TokenExample>> items) {
        return items.stream().mapToInt(item -> item.get(1).input()[2]).toArray();
    }
}
