package dev.retort.answer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class RougeLTest {

    @Test
    void countsTheLongestCommonSubsequence() {
        // Common: the quick brown; 3 of 4 predicted words, 3 of 5 reference words.
        RougeL.Score score = RougeL.score("The quick, brown dog", "the very QUICK brown fox");
        assertThat(score.precision()).isEqualTo(0.75);
        assertThat(score.recall()).isEqualTo(0.6);
        assertThat(score.fMeasure()).isEqualTo(2 * 0.75 * 0.6 / (0.75 + 0.6));
    }

    @Test
    void stemsLongWordsOnly() {
        assertThat(RougeL.score("jumping", "jumped").fMeasure()).isEqualTo(1);
        assertThat(RougeL.score("was", "wa").fMeasure()).isEqualTo(0);
    }

    @Test
    void textsWithoutWordsScoreZero() {
        assertThat(RougeL.score("", "a")).isEqualTo(new RougeL.Score(0, 0, 0));
        assertThat(RougeL.score("...", "...")).isEqualTo(new RougeL.Score(0, 0, 0));
    }

    @Test
    void theBestReferenceCounts() {
        assertThat(RougeL.best("a b", List.of("c", "a b", "a")).fMeasure()).isEqualTo(1);
        assertThatThrownBy(() -> RougeL.best("a", List.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("references are empty: ROUGE-L needs at least one");
    }

    @Test
    void agreesWithRougeScore() throws IOException {
        List<JsonNode> rows = AnswerGolden.rows("rouge_l.jsonl.gz");
        assertThat(rows).hasSize(1_000);
        for (JsonNode row : rows) {
            List<String> references = new ArrayList<>();
            row.get("references").forEach(reference -> references.add(reference.asText()));
            RougeL.Score score = RougeL.best(row.get("prediction").asText(), references);
            assertThat(score.precision()).isCloseTo(row.get("precision").asDouble(), within(1e-12));
            assertThat(score.recall()).isCloseTo(row.get("recall").asDouble(), within(1e-12));
            assertThat(score.fMeasure()).isCloseTo(row.get("f_measure").asDouble(), within(1e-12));
        }
    }

    @Property(seed = "20240601")
    void swappingTheTextsSwapsPrecisionAndRecall(@ForAll String first, @ForAll String second) {
        RougeL.Score there = RougeL.score(first, second);
        RougeL.Score back = RougeL.score(second, first);
        assertThat(there.precision()).isEqualTo(back.recall()).isBetween(0.0, 1.0);
        assertThat(there.recall()).isEqualTo(back.precision()).isBetween(0.0, 1.0);
    }
}
