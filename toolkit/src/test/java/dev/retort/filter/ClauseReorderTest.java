package dev.retort.filter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retort.data.Question;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ClauseReorderTest {

    private static final Perturbation KIND = Perturbation.CLAUSE_REORDER;

    @Test
    void twoTurnsSwap() {
        Question question = Question.ofText(
                "q",
                "coin-flip",
                "Q: A coin is heads up. Ada flips the coin. Bo does not flip the coin.  Is the coin still heads up?\n"
                        + "A:",
                "no");
        List<Question> variants = Variants.made(KIND, question, 3);
        assertThat(variants).hasSize(1);
        assertThat(variants.get(0).id()).isEqualTo("q~clause-reorder-1");
        assertThat(variants.get(0).text())
                .isEqualTo("Q: A coin is heads up. Bo does not flip the coin. Ada flips the coin.  Is the coin still"
                        + " heads up?\nA:");
        assertThat(variants.get(0).reference()).isEqualTo("no");
        assertThat(variants.get(0).extra()).containsOnlyKeys("perturbed_from", "perturbation");
        assertThat(Perturbation.originalAnswer(variants.get(0), "No.")).isEqualTo("No.");
    }

    @Test
    void everyOrderComesOnce() {
        Question question = Variants.coin(
                "q", "Ada flips the coin.", "Bo flips the coin.", "Ada flips the coin.", "Cy does not flip the coin.");
        Set<String> texts = new HashSet<>();
        Variants.made(KIND, question, 100).forEach(variant -> texts.add(variant.text()));
        // 4! / 2! orders, the given one aside.
        assertThat(texts).hasSize(11).doesNotContain(question.text());
        assertThat(Variants.made(KIND, question, 4))
                .isEqualTo(Variants.made(KIND, question, 100).subList(0, 4));
    }

    @Test
    void refusesWhatIsNoRowOfTurns() {
        assertThat(Variants.reason(KIND, Samples.QUESTION)).isEqualTo("no-coin-flip");
        assertThat(Variants.reason(KIND, Variants.coin("q", "Ada flips the coin.", "Then it rains.")))
                .isEqualTo("no-coin-flip");
        assertThat(Variants.reason(KIND, Variants.coin("q", "Ada flips the coin.")))
                .isEqualTo("turns-all-alike");
        assertThat(Variants.reason(KIND, Variants.coin("q", "Ada flips the coin.", "Ada flips the coin.")))
                .isEqualTo("turns-all-alike");
        String twice =
                Variants.coin("q", "Ada flips the coin.", "Bo flips the coin.").text();
        assertThat(Variants.reason(KIND, Question.ofText("q", "t", twice + "\n" + twice, null)))
                .isEqualTo("no-coin-flip");
    }
}
