package dev.retort.filter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retort.data.Question;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ResponseOrderSwapTest {

    private static final Perturbation KIND = Perturbation.RESPONSE_ORDER_SWAP;
    private static final String FORM = "[Question]\n"
            + "How much is 2 + 2?\n\n"
            + "[The Start of Assistant A's Answer]\n"
            + "%s\n"
            + "[The End of Assistant A's Answer]\n\n"
            + "[The Start of Assistant B's Answer]\n"
            + "%s\n"
            + "[The End of Assistant B's Answer]";

    private static Question judged(String reference, String first, String second) {
        return Variants.with("q", FORM.formatted(first, second), reference, "responses", first, second);
    }

    @Test
    void theBlocksSwap() {
        List<Question> variants = Variants.made(KIND, judged("A", "It is 4.\nSurely.", "It is 5."), 4);
        assertThat(variants).hasSize(1);
        Question variant = variants.get(0);
        assertThat(variant.id()).isEqualTo("q~response-order-swap-1");
        assertThat(variant.text()).isEqualTo(FORM.formatted("It is 5.", "It is 4.\nSurely."));
        assertThat(Variants.texts(variant, "responses")).containsExactly("It is 5.", "It is 4.\nSurely.");
        assertThat(variant.reference()).isEqualTo("B");
        assertThat(Fields.answerMap(variant)).isEqualTo(Map.of("A", "B", "B", "A", "C", "C", "tie", "tie"));
    }

    @Test
    void aResponseMayOccurInTheOtherOrInTheQuestion() {
        assertThat(Variants.made(KIND, judged(null, "It is 4", "It is 4, I think"), 1)
                        .get(0)
                        .text())
                .isEqualTo(FORM.formatted("It is 4, I think", "It is 4"));
        // "2" occurs in the question too, but fills a line once only.
        assertThat(Variants.made(KIND, judged(null, "2", "4"), 1).get(0).text()).isEqualTo(FORM.formatted("4", "2"));
        Question labelled = Variants.with("q", "Is 3 odd? Response A: 3\nResponse B: no", null, "responses", "3", "no");
        assertThat(Variants.made(KIND, labelled, 1).get(0).text()).isEqualTo("Is 3 odd? Response A: no\nResponse B: 3");
        Question inRow = Variants.with("q", "Which is better, tea or coffee?", null, "responses", "tea", "coffee");
        assertThat(Variants.made(KIND, inRow, 1).get(0).text()).isEqualTo("Which is better, coffee or tea?");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"A|B", "b|a", "[[A]]|[[B]]", "tie|tie", "Tie.|Tie.", "[[C]]|[[C]]", "neither|", "8 7|"})
    void theReferenceIsTheMirroredVerdict(String reference, String expected) {
        assertThat(Variants.made(KIND, judged(reference, "x", "y z"), 1).get(0).reference())
                .isEqualTo(expected);
    }

    @Test
    void verdictsAreMappedBackAndOthersAreNone() {
        Question variant = Variants.made(KIND, judged(null, "x", "y z"), 1).get(0);
        assertThat(Perturbation.originalAnswer(variant, "A")).isEqualTo("B");
        assertThat(Perturbation.originalAnswer(variant, "[[b]]")).isEqualTo("A");
        assertThat(Perturbation.originalAnswer(variant, "**B**.")).isEqualTo("A");
        assertThat(Perturbation.originalAnswer(variant, "Tie")).isEqualTo("tie");
        assertThat(Perturbation.originalAnswer(variant, "[[C]]")).isEqualTo("C");
        assertThat(Perturbation.originalAnswer(variant, "both are fine")).isNull();
    }

    @Test
    void refusesWhatCannotBeSwapped() {
        assertThat(Variants.reason(KIND, Samples.QUESTION)).isEqualTo("no-two-responses");
        assertThat(Variants.reason(KIND, Variants.with("q", "x y z", null, "responses", "x", "y", "z")))
                .isEqualTo("no-two-responses");
        assertThat(Variants.reason(KIND, judged(null, "x", " x"))).isEqualTo("responses-alike-or-empty");
        assertThat(Variants.reason(KIND, judged(null, "x", " "))).isEqualTo("responses-alike-or-empty");
        assertThat(Variants.reason(KIND, Variants.with("q", "x and y", null, "responses", "x", "z")))
                .isEqualTo("responses-not-once-in-text");
        assertThat(Variants.reason(KIND, Variants.with("q", "x and x, not y", null, "responses", "x", "y")))
                .isEqualTo("responses-not-once-in-text");
    }
}
