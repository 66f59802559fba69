package dev.retort.filter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retort.data.Question;
import dev.retort.data.Rows;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OptionReorderTest {

    private static final Perturbation KIND = Perturbation.OPTION_REORDER;

    @Test
    void twoOptionsSwap() {
        Question question = Variants.with("q", "Wet?\n(a) yes, it is\n(b) no", "b", "choices", "yes, it is", "no");
        List<Question> variants = Variants.made(KIND, question, 5);
        assertThat(variants).hasSize(1);
        assertThat(Rows.format(variants.get(0)))
                .isEqualTo(
                        "{\"id\":\"q~option-reorder-1\",\"task\":\"t\",\"messages\":[{\"role\":\"user\",\"content\":\"Wet?\\n"
                                + "(a) no\\n"
                                + "(b) yes, it is\"}],\"reference\":\"a\",\"choices\":[\"no\",\"yes, it is\"],"
                                + "\"perturbed_from\":\"q\",\"perturbation\":\"option-reorder\","
                                + "\"answer_map\":{\"a\":\"b\",\"b\":\"a\"}}");
    }

    @Test
    void noOptionKeepsItsLetterAndNoOrderComesTwice() {
        List<Question> variants = Variants.made(KIND, Variants.choice("q", "shelf"), 100);
        assertThat(variants).hasSize(9);
        Set<List<String>> orders = new HashSet<>();
        List<String> original = List.of("shelf", "oven", "sea", "moon");
        for (Question variant : variants) {
            List<String> choices = Variants.texts(variant, "choices");
            assertThat(choices).containsExactlyInAnyOrderElementsOf(original);
            for (int i = 0; i < 4; i++) {
                assertThat(choices.get(i)).isNotEqualTo(original.get(i));
                String letter = Character.toString('a' + i);
                String answer = Perturbation.originalAnswer(variant, letter);
                assertThat(original.get(answer.charAt(0) - 'a')).isEqualTo(choices.get(i));
            }
            assertThat(variant.text())
                    .isEqualTo("Where do you put a book?\nAnswer Choices:\n(a) " + choices.get(0) + "\n(b) "
                            + choices.get(1) + "\n(c) " + choices.get(2) + "\n(d) " + choices.get(3));
            assertThat(variant.reference()).isEqualTo("shelf");
            orders.add(choices);
        }
        assertThat(orders).hasSize(9);
        assertThat(variants)
                .extracting(Question::id)
                .startsWith("q~option-reorder-1", "q~option-reorder-2")
                .endsWith("q~option-reorder-9");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Pick. Answer Choices: (a) tin (b) can. (c) pot",
                "Pick.\n(A) tin\n(B) can.\n(C) pot\nA:",
                "Pick.\na) tin\nb) can.\nc) pot",
                "Pick: A. tin, B. can., C. pot. Answer:",
                "Answer (a), (b) or (c). Pick.\n(a)  tin\n (b) can.\n (c) pot"
            })
    void readsTheUsualForms(String text) {
        Question variant = Variants.made(KIND, Variants.with("q", text, null, "choices", "tin", "can.", "pot"), 1)
                .get(0);
        List<String> order = Variants.texts(variant, "choices");
        String back = variant.text()
                .replace(order.get(0), "0")
                .replace(order.get(1), "1")
                .replace(order.get(2), "2")
                .replace("0", "tin")
                .replace("1", "can.")
                .replace("2", "pot");
        assertThat(back).isEqualTo(text);
        assertThat(variant.text()).isNotEqualTo(text);
        assertThat(variant.reference()).isNull();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a|b",
                "A|B",
                "(b)|(a)",
                "(B) no|(A) no",
                "b. no|a. no",
                "yes|yes",
                "Yes.|Yes.",
                "(b) yes|",
                "c|",
                "perhaps|"
            })
    void theReferenceIsTheVariantsAnswer(String reference, String expected) {
        Question question = Variants.with("q", "Wet?\n(a) yes\n(b) no", reference, "choices", "yes", "no");
        assertThat(Variants.made(KIND, question, 1).get(0).reference()).isEqualTo(expected);
    }

    @Test
    void answersAreMappedBack() {
        Question question = Variants.with("q", "Wet?\n(a) yes\n(b) no", null, "choices", "yes", "no");
        Question variant = Variants.made(KIND, question, 1).get(0);
        assertThat(Perturbation.originalAnswer(variant, "a")).isEqualTo("b");
        assertThat(Perturbation.originalAnswer(variant, "(B).")).isEqualTo("a");
        assertThat(Perturbation.originalAnswer(variant, "yes")).isEqualTo("yes");
        assertThat(Perturbation.originalAnswer(variant, "(a) no")).isEqualTo("no");
        assertThat(Perturbation.originalAnswer(variant, "Option b")).isEqualTo("yes");
        assertThat(Perturbation.originalAnswer(variant, "I cannot say")).isEqualTo("I cannot say");
        assertThat(Perturbation.originalAnswer(variant, null)).isNull();
        assertThat(variant.extra().get("answer_map")).isEqualTo(Rows.mapper().valueToTree(Map.of("a", "b", "b", "a")));
    }

    @Test
    void refusesWhatCannotBeReordered() {
        assertThat(Variants.reason(KIND, Samples.QUESTION)).isEqualTo("no-choices");
        assertThat(Variants.reason(KIND, Variants.with("q", "Say (a) it", null, "choices", "it")))
                .isEqualTo("not-2-to-26-choices");
        assertThat(refused("Pick it or that", "it", "that")).isEqualTo("no-option-block");
        assertThat(refused("(a) it (b) that (a) it (b) that", "it", "that")).isEqualTo("no-option-block");
        assertThat(refused("(a) that (b) it", "it", "that")).isEqualTo("no-option-block");
        assertThat(refused("(a) it (b) thatch", "it", "that")).isEqualTo("no-option-block");
        assertThat(refused("(a) it (b) It.", "it", "It.")).isEqualTo("choices-not-distinct");
        assertThat(refused("(a) b (b) c", "b", "c")).isEqualTo("choices-are-letters");
        assertThat(refused("(a) it (b) all of the above", "it", "all of the above"))
                .isEqualTo("choices-name-others");
        assertThat(refused("(a) it (b) that (c) both A and B", "it", "that", "both A and B"))
                .isEqualTo("choices-name-others");
        assertThat(refused("(a) it (b) that (c) neither a nor b", "it", "that", "neither a nor b"))
                .isEqualTo("choices-name-others");
        assertThat(refused("(a) it (b) that\nI think the answer is (b) but I'm not sure.", "it", "that"))
                .isEqualTo("letters-outside-options");
        assertThat(refused("(a) it (b) that\nIs option b right?", "it", "that")).isEqualTo("letters-outside-options");
    }

    @Test
    void anOpinionInWordsIsNoLetter() {
        Question question = Variants.with(
                "q",
                "Pick.\n(a) it\n(b) that\nI think the answer is a it but I'm not sure.",
                null,
                "choices",
                "it",
                "that");
        assertThat(Variants.made(KIND, question, 1).get(0).text())
                .isEqualTo("Pick.\n(a) that\n(b) it\nI think the answer is a it but I'm not sure.");
    }

    private static String refused(String text, String... choices) {
        return Variants.reason(KIND, Variants.with("q", text, null, "choices", choices));
    }
}
