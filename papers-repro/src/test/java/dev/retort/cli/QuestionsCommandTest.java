package dev.retort.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.retort.data.DataCatalogue;
import dev.retort.data.JsonLines;
import dev.retort.data.Question;
import dev.retort.papers.system2.System2Task;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QuestionsCommandTest {

    @TempDir
    Path folder;

    @Test
    void whatDoesNotFitIsStatus2() {
        Path out = folder.resolve("q.jsonl");
        CliRun unknown = CliRun.of("data", "questions", "letters", "--count", "3", "--out", out);
        assertThat(unknown.status()).isEqualTo(2);
        assertThat(unknown.err()).contains("TASK: no task 'letters'; tasks: last-letters, coin-flip, ");
        CliRun neither = CliRun.of("data", "questions", "judge", "--out", out);
        assertThat(neither.status()).isEqualTo(2);
        assertThat(neither.err()).contains("give --count, for questions to learn from, or --test");
        CliRun both = CliRun.of("data", "questions", "judge", "--count", "3", "--test", "oasst", "--out", out);
        assertThat(both.status()).isEqualTo(2);
        CliRun limit = CliRun.of("data", "questions", "judge", "--count", "3", "--limit", "2", "--out", out);
        assertThat(limit.err()).contains("--limit is the first N of a --test");
        assertThat(out).doesNotExist();
    }

    @Nested
    @Tag("shared-data")
    class WithSharedData {

        @BeforeEach
        void needsData() {
            assumeTrue(System.getenv("RETORT_DATA") != null, "RETORT_DATA is not set: needs shared data");
        }

        @Test
        void everyTaskHasQuestionsToLearnFromAndTests() throws Exception {
            for (System2Task task : System2Task.values()) {
                Path out = folder.resolve(task.title() + ".jsonl");
                CliRun run = CliRun.of("data", "questions", task.title(), "--count", "4", "--seed", "3", "--out", out);
                assertThat(run.err()).isEmpty();
                List<Question> expected = task.train(DataCatalogue.standard(), 4, 3);
                assertThat(JsonLines.read(out, Question.class)).isEqualTo(expected);
                assertThat(run.out()).isEqualTo(out + ": " + expected.size() + " questions of " + task.title() + "\n");

                String test = task.tests(DataCatalogue.standard(), 3)
                        .keySet()
                        .iterator()
                        .next();
                CliRun tested = CliRun.of(
                        "data", "questions", task.title(), "--test", test, "--limit", "5", "--seed", "3", "--out", out);
                assertThat(tested.err()).isEmpty();
                assertThat(JsonLines.read(out, Question.class))
                        .isEqualTo(task.tests(DataCatalogue.standard(), 3)
                                .get(test)
                                .subList(0, 5));
            }
        }

        @Test
        void aWrongTestListsTheTests() {
            CliRun run = CliRun.of(
                    "data", "questions", "commonsense-qa-biased", "--test", "x", "--out", folder.resolve("q.jsonl"));
            assertThat(run.status()).isEqualTo(2);
            assertThat(run.err()).contains("has no test 'x'; it has neutral, wrong, right");
            CliRun many =
                    CliRun.of("data", "questions", "gsm8k", "--count", "999999", "--out", folder.resolve("q.jsonl"));
            assertThat(many.status()).isEqualTo(2);
            assertThat(many.err()).contains("--count: gsm8k has 7473 training items, not 999999; ask for fewer");
        }
    }
}
