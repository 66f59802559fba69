package dev.retort.filter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retort.data.Question;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PerturbedQuestionsTest {

    private static final List<Question> QUESTIONS = List.of(
            Variants.choice("c", "a"),
            Variants.coin("f", "Ada flips the coin.", "Bo does not flip the coin."),
            Samples.QUESTION);

    @Test
    void makesAndCounts() {
        PerturbedQuestions made = PerturbedQuestions.of(QUESTIONS, EnumSet.allOf(Perturbation.class), 2, Variants.SEED);
        assertThat(made.variants())
                .extracting(Question::id)
                .containsExactly(
                        "c~option-reorder-1",
                        "c~option-reorder-2",
                        "f~name-swap-1",
                        "f~name-swap-2",
                        "f~clause-reorder-1");
        assertThat(made.requests())
                .extracting(Question::id)
                .containsExactly("c~rephrase-request", "f~rephrase-request", "q1~rephrase-request");
        assertThat(made.notApplied())
                .isEqualTo(Map.of(
                        "option-reorder: no-choices",
                        2,
                        "name-swap: no-names",
                        2,
                        "clause-reorder: no-coin-flip",
                        2,
                        "response-order-swap: no-two-responses",
                        3));
        assertThat(made.questions()).isEqualTo(3);
        assertThat(made.perturbed()).isEqualTo(2);
        assertThat(made.summary())
                .isEqualTo(
                        "5 variants of 2 of 3 questions, 3 to be rephrased; not applied: clause-reorder: no-coin-flip"
                                + " 2, name-swap: no-names 2, option-reorder: no-choices 2, response-order-swap:"
                                + " no-two-responses 3");
    }

    @Test
    void theOrderOfTheQuestionsDoesNotMatter() {
        Set<Perturbation> kinds = EnumSet.of(Perturbation.NAME_SWAP, Perturbation.OPTION_REORDER);
        List<Question> reversed = new ArrayList<>(QUESTIONS);
        Collections.reverse(reversed);
        PerturbedQuestions made = PerturbedQuestions.of(QUESTIONS, kinds, 2, Variants.SEED);
        assertThat(PerturbedQuestions.of(reversed, kinds, 2, Variants.SEED).variants())
                .containsExactlyInAnyOrderElementsOf(made.variants());
        assertThat(PerturbedQuestions.of(QUESTIONS.subList(0, 1), kinds, 1, Variants.SEED)
                        .variants())
                .containsExactly(made.variants().get(0));
        assertThat(PerturbedQuestions.of(QUESTIONS, List.of(), 2, Variants.SEED).summary())
                .isEqualTo("0 variants of 0 of 3 questions");
    }
}
