package dev.retort.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.data.Question;
import java.util.List;
import org.junit.jupiter.api.Test;

class DecontaminationTest {

    private static final List<Question> TESTS =
            List.of(question("How many are 3 + 4?"), question("A cat sat on the mat and then it slept all day long."));

    private static Question question(String text) {
        return Question.ofText("q1", "t", text, null);
    }

    private static List<String> judge(Decontamination filter, String text) {
        return Samples.words(filter.judge(question(text), Samples.answers("a", "b")));
    }

    @Test
    void findsTheSameTextWhateverItsDress() {
        Decontamination filter = new Decontamination(TESTS, true, 4, 0.8);
        assertThat(judge(filter, "How many are 3 + 4?")).containsExactly("in-test", "in-test");
        assertThat(judge(filter, " \"how  MANY are 3 + 4\"\n")).containsOnly("in-test");
        assertThat(judge(filter, "How many are 3 - 4?")).doesNotContain("in-test", "in-test-masked");
    }

    @Test
    void findsOtherNumbersUnlessTheyAreTheTask() {
        assertThat(judge(new Decontamination(TESTS, true, 0, 1), "How many are 1,250.5 + 17?"))
                .containsOnly("in-test-masked");
        assertThat(judge(new Decontamination(TESTS, false, 0, 1), "How many are 1,250.5 + 17?"))
                .containsOnly("kept");
        assertThat(judge(new Decontamination(TESTS, true, 0, 1), "How many were 1 + 2?"))
                .containsOnly("kept");
        assertThat(Decontamination.maskNumbers("3 of 12,000.5, or 7.")).isEqualTo("# of #, or #.");
    }

    @Test
    void findsAPromptWithinALongerQuestion() {
        String within =
                "Read this story. It is long and has nothing to do with the rest of what is written here, but a cat"
                        + " sat on the mat and then it slept all day long. Who slept?";
        // 10 grams of the prompt's 13 words, all of them in the question.
        assertThat(judge(new Decontamination(TESTS, true, 4, 1), within)).containsOnly("near-duplicate");
        assertThat(judge(new Decontamination(TESTS, true, 0, 1), within)).containsOnly("kept");
        assertThat(Samples.words(new NearDuplicateFilter(TESTS, 4, 0.5).judge(question(within), Samples.answers("a"))))
                .containsExactly("kept");
        String half = "A cat sat on the mat and then it ran.";
        // 6 of the 10 grams.
        assertThat(judge(new Decontamination(TESTS, true, 4, 0.6), half)).containsOnly("near-duplicate");
        assertThat(judge(new Decontamination(TESTS, true, 4, 0.61), half)).containsOnly("kept");
    }

    @Test
    void aShortPromptIsFoundAsAWholeOnly() {
        Decontamination filter = new Decontamination(List.of(question("Who slept?")), true, 8, 0.1);
        assertThat(judge(filter, "A cat sat on the mat and then it slept. Who slept?"))
                .containsOnly("kept");
        assertThat(judge(filter, "(who) slept")).containsOnly("near-duplicate");
    }

    @Test
    void refusesSettingsWithoutMeaning() {
        assertThatThrownBy(() -> new Decontamination(TESTS, true, -1, 0.5))
                .hasMessage("near duplicates need n >= 1 and a threshold in (0, 1], not -1 and 0.5");
        assertThatThrownBy(() -> new Decontamination(TESTS, true, 8, 1.5))
                .hasMessage("near duplicates need n >= 1 and a threshold in (0, 1], not 8 and 1.5");
    }
}
