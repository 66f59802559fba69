package dev.retort.papers.minillm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import dev.retort.eval.KlEstimate;
import dev.retort.model.CausalLm;
import dev.retort.model.LoadedModel;
import dev.retort.papers.ScratchStudent;
import dev.retort.run.Progress;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class TeacherComparisonTest {

    private static final int TOKENS = 3;
    private static final TeacherComparison.Settings SETTINGS = new TeacherComparison.Settings(400, TOKENS, 5, 64);

    private static LoadedModel model(long seed, int width, String... words) throws IOException {
        return new ScratchStudent("llama", width, 2 * width, 1, 2, 16, 0.8).create(List.of(words), seed, Device.cpu());
    }

    private static TeacherComparison compare(LoadedModel student, LoadedModel teacher, List<int[]> prompts)
            throws IOException {
        try (Progress quiet = Progress.onStandardError("compare", 0, 1, true, List.of())) {
            return TeacherComparison.of(student, teacher, prompts, SETTINGS, false, quiet);
        }
    }

    @Test
    void estimatesWhatTheSumOverAllAnswersIs() throws IOException {
        try (LoadedModel teacher = model(1, 8, "a", "b");
                LoadedModel student = model(2, 4, "a", "b")) {
            List<int[]> prompts = List.of(
                    teacher.requireTokenizer().encode("b a"),
                    teacher.requireTokenizer().encode("a"),
                    teacher.requireTokenizer().encode("b"));
            TeacherComparison found = compare(student, teacher, prompts);
            double forward = 0;
            double reverse = 0;
            for (int[] prompt : prompts) {
                SequenceKl exact = SequenceKl.of(
                        (CausalLm) teacher.model(),
                        (CausalLm) student.model(),
                        prompt,
                        teacher.model().config().vocabularySize(),
                        teacher.trainingEosId(),
                        TOKENS);
                forward += exact.forward() / prompts.size();
                reverse += exact.reverse() / prompts.size();
            }
            // 1,200 answers whose divergence lies around 1 nat: a standard error near 0.02.
            assertThat(found.forward().perSequence()).isCloseTo(forward, within(0.08));
            assertThat(found.reverse().perSequence()).isCloseTo(reverse, within(0.08));
            assertThat(found.forward().samples()).isEqualTo(1200);
            assertThat(found.exposure()).hasSize(TOKENS);
            // Before the first token both have read the prompt alone.
            assertThat(found.exposure().get(0).excess()).isCloseTo(0, within(1e-4));
        }
    }

    @Test
    void aModelIsItselfAndDrawsTheSameAgain() throws IOException {
        try (LoadedModel teacher = model(1, 8, "a", "b")) {
            List<int[]> prompts = List.of(teacher.requireTokenizer().encode("b a"));
            TeacherComparison found = compare(teacher, teacher, prompts);
            KlEstimate none = found.reverse();
            assertThat(none.perSequence()).isCloseTo(0, within(1e-6));
            assertThat(found.studentDistinct()).isEqualTo(found.teacherDistinct());
            assertThat(compare(teacher, teacher, prompts)).isEqualTo(found);
        }
    }

    @Test
    void othersWordsCannotBeCompared() throws IOException {
        try (LoadedModel teacher = model(1, 8, "a", "b", "c");
                LoadedModel student = model(2, 4, "a", "b")) {
            List<int[]> prompts = List.of(student.requireTokenizer().encode("a"));
            assertThatThrownBy(() -> compare(student, teacher, prompts))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageMatching("the teacher's vocabulary has \\d+ ids and the student's \\d+: .*");
        }
    }
}
