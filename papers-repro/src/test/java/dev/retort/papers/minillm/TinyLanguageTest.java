package dev.retort.papers.minillm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.data.SeededRandom;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TinyLanguageTest {

    @Test
    void modesHaveTheirShares() {
        TinyLanguage language = new TinyLanguage(6, 16, 4, 3, 0.0, 5L);
        Map<String, Integer> counts = new HashMap<>();
        for (int i = 0; i < 7_000; i++) {
            counts.merge(language.draw(3, SeededRandom.of(1, "draw", i)), 1, Integer::sum);
        }
        assertThat(counts).hasSize(3);
        assertThat(counts.keySet()).allMatch(sentence -> sentence.matches("( [a-f]){4}"));
        // 4/7, 2/7 and 1/7 of 7,000, four standard errors.
        assertThat(counts.values().stream().sorted().toList()).satisfies(sorted -> {
            assertThat(sorted.get(0)).isBetween(883, 1_117);
            assertThat(sorted.get(1)).isBetween(1_849, 2_151);
            assertThat(sorted.get(2)).isBetween(3_834, 4_166);
        });
    }

    @Test
    void topicsAreDistinctPairsOfWords() {
        TinyLanguage language = new TinyLanguage(null, null, null, null, null, null);
        assertThat(language.prompts())
                .hasSize(16)
                .doesNotHaveDuplicates()
                .allMatch(topic -> topic.matches("[a-f] [a-f]"));
        assertThat(language.vocabulary()).containsExactly("a", "b", "c", "d", "e", "f");
        assertThatThrownBy(() -> new TinyLanguage(2, 5, 4, 3, 0.1, 0L)).isInstanceOf(IllegalArgumentException.class);
    }
}
