package dev.retort.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.data.Question;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class NearDuplicateFilterTest {

    private static Question question(String id, String text) {
        return Question.ofText(id, "t", text, null);
    }

    private static List<String> judge(NearDuplicateFilter filter, String text) {
        return Samples.words(filter.judge(question("q1", text), Samples.answers("a", "b")));
    }

    @Test
    void rejectsAtTheThresholdAndAbove() {
        // Bigrams: {a b, b c, c d, d e} against {a b, b c, c d, d f}: 3 of 5.
        List<Question> tests = List.of(question("x", "A b, c d e."));
        assertThat(judge(new NearDuplicateFilter(tests, 2, 0.6), "a b c d f"))
                .containsExactly("near-duplicate", "near-duplicate");
        assertThat(judge(new NearDuplicateFilter(tests, 2, 0.61), "a b c d f")).containsExactly("kept", "kept");
        assertThat(judge(new NearDuplicateFilter(tests, 2, 1), "a B c   d e!")).containsOnly("near-duplicate");
        assertThat(judge(new NearDuplicateFilter(tests, 2, 0.01), "b a d c")).containsOnly("kept");
    }

    @Test
    void anIdDoesNotExcuse() {
        assertThat(judge(new NearDuplicateFilter(List.of(question("q1", "same text")), 3, 0.9), "Same text?"))
                .containsOnly("near-duplicate");
    }

    @Test
    void shortTextsAreOneGram() {
        NearDuplicateFilter filter = new NearDuplicateFilter(List.of(question("x", "12+3")), 5, 0.5);
        assertThat(judge(filter, "12 + 3")).containsOnly("near-duplicate");
        assertThat(judge(filter, "12 + 4")).containsOnly("kept");
        assertThat(judge(filter, "")).containsOnly("kept");
    }

    @Test
    void lettersAndDigitsAreApart() {
        NearDuplicateFilter filter = new NearDuplicateFilter(List.of(question("x", "5km")), 2, 1);
        assertThat(judge(filter, "5 km")).containsOnly("near-duplicate");
    }

    @Test
    void distinctKeepsTheFirst() {
        List<Question> questions = List.of(
                question("1", "How many apples does Tom have left now?"),
                question("2", "How many apples does Tim have left now?"),
                question("3", "how many apples does Tom have left now"),
                question("4", "Where is the post office?"));
        assertThat(NearDuplicateFilter.distinct(questions, 1, 0.7))
                .extracting(Question::id)
                .containsExactly("1", "4");
        assertThat(NearDuplicateFilter.distinct(questions, 3, 0.7))
                .extracting(Question::id)
                .containsExactly("1", "2", "4");
    }

    @Test
    void manyQuestionsTakeNoMoreThanTheirSharedGrams() {
        List<Question> questions = new ArrayList<>();
        for (int i = 0; i < 20_000; i++) {
            questions.add(question("q" + i, "item " + i + " of " + i * 7 + " and " + i * 13 + " in all " + i % 100));
        }
        assertThat(NearDuplicateFilter.distinct(questions, 3, 0.8)).hasSize(20_000);
    }

    @Test
    void refusesSettingsWithoutMeaning() {
        assertThatThrownBy(() -> new NearDuplicateFilter(List.of(), 0, 0.5))
                .hasMessage("near duplicates need n >= 1 and a threshold in (0, 1], not 0 and 0.5");
        assertThatThrownBy(() -> new NearDuplicateFilter(List.of(), 1, 0))
                .hasMessage("near duplicates need n >= 1 and a threshold in (0, 1], not 1 and 0.0");
    }
}
