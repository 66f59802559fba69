package dev.retort.papers.system2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import dev.retort.answer.AnswerCut;
import dev.retort.data.AtomicFiles;
import dev.retort.data.DataCatalogue;
import dev.retort.data.Example;
import dev.retort.data.JsonLines;
import dev.retort.data.Question;
import dev.retort.data.TeacherSample;
import dev.retort.eval.Evaluation;
import dev.retort.papers.RowFilter;
import dev.retort.papers.RunOptions;
import dev.retort.papers.ScratchFolder;
import dev.retort.papers.Stage;
import dev.retort.run.Interrupt;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;

@Tag("shared-data")
@EnabledIfEnvironmentVariable(
        named = "RETORT_DATA",
        matches = ".+",
        disabledReason = "RETORT_DATA is not set: needs last_letters, rar and distilling_step_by_step")
class SmallRecipeTest {

    private static final String RECIPE =
            """
            student: {model_name_or_path: STUDENT}
            tasks:
              last-letters: {slow: 6, direct: 4, warm_up_steps: [1, 2], gate: GATE, dev: 3, unlabelled: 5, tests: 3, max_tokens: 6, answer_tokens: 3}
              commonsense-qa-biased: {slow: 3, direct: 4, leading: 2, warm_up_steps: [1], unlabelled: 4, tests: 2, max_tokens: 6, answer_tokens: 3}
            samples: 3
            warm_up: {learning_rate: 0.01, per_device_train_batch_size: 4, max_length: 512, save_steps: 1}
            distilling: {learning_rate: 0.01, max_steps: 1, per_device_train_batch_size: 4, max_length: 512, save_steps: 1}
            seeds: [0, 1]
            eval_batch_rows: 8
            """;

    @TempDir
    private Path temporary;

    private Path out;

    @BeforeEach
    void make() {
        out = temporary.resolve("run");
    }

    private RunOptions options(String gate) throws IOException {
        return options(gate, Set.of());
    }

    private RunOptions options(String gate, Set<Stage> stages) throws IOException {
        Path student = temporary.resolve("student");
        if (!Files.exists(student)) {
            ScratchFolder.student(student);
        }
        Path recipe = temporary.resolve("recipe.yaml");
        Files.writeString(recipe, RECIPE.replace("STUDENT", student.toString()).replace("GATE", gate));
        return ScratchFolder.options(recipe, out, stages, List.of(), Interrupt.onThread(), null);
    }

    @Test
    void walksTheRoadAndDoesNothingTwice() throws Exception {
        assertThat(System2Recipe.run(options("0"))).isTrue();
        for (String task : List.of("last-letters", "commonsense-qa-biased")) {
            int unlabelled = task.equals("last-letters") ? 5 : 8;
            Path asked = out.resolve("asked").resolve(task + ".0");
            List<TeacherSample> samples = JsonLines.read(asked.resolve("samples.jsonl"), TeacherSample.class);
            long ended = (long) samples.size()
                    + Files.readAllLines(asked.resolve("failures.jsonl")).size()
                    + Files.readAllLines(asked.resolve("spared.jsonl")).size();
            // Of the second task every question is asked with its options in two orders.
            assertThat(ended).isEqualTo(3L * unlabelled);
            assertThat(asked.resolve("filter.txt")).isNotEmptyFile();
            assertThat(JsonLines.read(asked.resolve("train.jsonl"), Example.class))
                    .filteredOn(example -> example.kind().equals("gold"))
                    .hasSize(task.equals("last-letters") ? 5 : 4);
            int tests = task.equals("last-letters") ? 9 : 4;
            for (String row : List.of("system-1", "system-1-majority", "system-2", "gold")) {
                Path evaluation = out.resolve("rows/" + row + "." + task + ".0/eval/" + task + ".jsonl");
                assertThat(Evaluation.read(evaluation).rows()).as(row).hasSize(tests);
            }
        }
        // A gate that everything passes: the fewest steps are taken.
        assertThat(out.resolve("rows/warm-up-1.last-letters.0/eval/dev.jsonl")).isNotEmptyFile();
        assertThat(out.resolve("rows/warm-up-2.last-letters.0")).doesNotExist();
        String table = Files.readString(out.resolve("table.csv"));
        assertThat(table)
                .contains(
                        "system-2 (rar-1-step)",
                        "system-2 (s2a)",
                        "published",
                        "rar-4",
                        "two names (rar-2)",
                        "neutral",
                        "wrong opinion",
                        "overlap,,last-letters,tests exactly in what is learnt from,rows");
        // Three published items and three of rar-4: items of two names stand apart.
        assertThat(table.lines()
                        .filter(line ->
                                line.startsWith("system-2 (rar-1-step),") && line.contains(",all,test_accuracy_pct,")))
                .singleElement(STRING)
                .contains(",6,");
        // The paper's numbers stand beside the row that each is of, and nowhere else.
        assertThat(table.lines().filter(line -> line.startsWith("system-1,") && line.contains(",all,")))
                .filteredOn(line -> line.contains("two-step RaR of Llama-2-70B-chat"))
                .hasSize(1)
                .allMatch(line -> line.contains(",30,"));
        assertThat(table.lines().filter(line -> line.startsWith("system-1,") && line.contains(",wrong opinion,")))
                .hasSize(1)
                .allMatch(line -> line.contains(",51.6,"));
        // System 1 is right in none, so whatever a distilled student does is not read as a comparison with the paper.
        Path distilled = out.resolve("rows/distilled.last-letters.0/eval/last-letters.jsonl");
        Files.createDirectories(distilled.getParent());
        Files.copy(out.resolve("rows/gold.last-letters.0/eval/last-letters.jsonl"), distilled);
        Files.copy(
                out.resolve("rows/gold.last-letters.0/usage.json"),
                out.resolve("rows/distilled.last-letters.0/usage.json"));
        assertThat(System2Recipe.run(options("0"))).isTrue();
        assertThat(Files.readAllLines(out.resolve("table.csv")))
                .filteredOn(
                        line -> line.startsWith("distilled,") && line.contains(",last-letters,all,test_accuracy_pct,"))
                .singleElement(STRING)
                .contains(",98,68,", ",not-comparable,", "System 1 at 0.0 %: a floor, not read as a comparison");
        var before = ScratchFolder.files(out);
        assertThat(System2Recipe.run(options("0"))).isTrue();
        assertThat(ScratchFolder.files(out)).isEqualTo(before);
        for (String figure : List.of("tokens-last-letters.svg", "tokens-commonsense-qa-biased.png")) {
            assertThat(out.resolve("figures").resolve(figure)).isNotEmptyFile();
        }
        // Published results hold no model, and another machine reports on them.
        byte[] reported = Files.readAllBytes(out.resolve("table.csv"));
        Files.delete(out.resolve("table.csv"));
        try (var files = Files.walk(out)) {
            for (Path model : files.filter(file -> file.endsWith("final")).toList()) {
                AtomicFiles.deleteTree(model);
            }
        }
        assertThat(System2Recipe.run(options("0", Set.of(Stage.REPORT)))).isTrue();
        assertThat(out.resolve("table.csv")).hasBinaryContent(reported);
        Files.delete(out.resolve("asked/last-letters.0/train.jsonl"));
        assertThat(System2Recipe.run(options("0", Set.of(Stage.REPORT)))).isTrue();
        assertThat(Files.readString(out.resolve("table.csv"))).contains("what it learnt from is not in this folder");
    }

    /** A student with a System 2 of its own: no warm-up, any task, any method; a task without questions is only tested. */
    @Test
    void goesWithoutAWarmUp() throws Exception {
        Path student = temporary.resolve("student");
        ScratchFolder.student(student);
        Path recipe = temporary.resolve("recipe.yaml");
        Files.writeString(
                recipe,
                """
                student: {model_name_or_path: STUDENT}
                tasks:
                  coins: {of: coin-flip, method: rar-1-step, test_sets: [rar], unlabelled: 4, tests: 3, max_tokens: 6, answer_tokens: 3}
                  trivia-biased: {unlabelled: 3, tests: 2, max_tokens: 6, answer_tokens: 3}
                  judge: {tests: 4, max_tokens: 4, answer_tokens: 3}
                samples: 2
                distilling: {learning_rate: 0.01, max_steps: 1, per_device_train_batch_size: 4, max_length: 512, save_steps: 1}
                """
                        .replace("STUDENT", student.toString()));
        RunOptions options = ScratchFolder.options(recipe, out, Set.of(), List.of(), Interrupt.onThread(), null);
        assertThat(System2Recipe.describe(options))
                .contains("# judge: 0 questions in 2 forms, ", "# gold.coins x 1 seeds ", "# at most 6 students, ")
                .doesNotContain("warm-up", "gold.judge");
        assertThat(System2Recipe.run(options)).isTrue();
        try (var rows = Files.list(out.resolve("rows"))) {
            assertThat(rows)
                    .extracting(row -> row.getFileName().toString())
                    .contains("gold.coins.0", "gold.trivia-biased.0", "system-2.judge.0", "system-1.judge.0")
                    .noneMatch(name -> name.contains("warm-up"))
                    .noneMatch(name -> name.startsWith("gold.judge") || name.startsWith("distilled.judge"));
        }
        assertThat(out.resolve("asked/judge.0")).doesNotExist();
        assertThat(Files.readString(out.resolve("table.csv")))
                .contains(
                        "system-2 (rar-1-step)",
                        "system-2 (s2a)",
                        "system-2 (bsm)",
                        "suggest-incorrect",
                        "guessing is right in 50 %; 0.0 % of 2 pairs readable in both orders, 0.0 % the same verdict in both\"\n")
                .doesNotContain("overlap,,judge");
    }

    @Test
    void thePapersOwnSizeIsPlannedWithNumbers() throws Exception {
        RunOptions options =
                ScratchFolder.options(Path.of("paper"), out, Set.of(), List.of(), Interrupt.onThread(), null);
        assertThat(System2Recipe.describe(options))
                .contains(
                        "# last-letters-2-step: 1,500 questions in 1 form, up to 8 samples of System 2 each, of up to 512"
                                + " tokens a call; 939 test items a row\n",
                        "# memory: 1317.8 GB (weights and optimiser 1241.6, ",
                        "# does not fit: memory: 1317.8 GB are needed and ",
                        "# tokens and hours cannot be told without the model",
                        "# does not fit: model: hf:meta-llama/Llama-2-70b-chat-hf@main is not in the Hugging Face cache"
                                + " yet; accept its licence");
    }

    @Test
    void theWholeRoadMayGoInBfloat16() throws Exception {
        RunOptions options = options("0");
        Path recipe = Path.of(options.recipe());
        String text = Files.readString(recipe).replace("save_steps: 1}", "save_steps: 1, bf16: true}");
        Files.writeString(recipe, text + "dtype: bfloat16\n");
        assertThat(System2Recipe.run(options)).isTrue();
        for (TeacherSample sample :
                JsonLines.read(out.resolve("asked/last-letters.0/samples.jsonl"), TeacherSample.class)) {
            assertThat(sample.teacher()).contains("+bfloat16;");
        }
        assertThat(out.resolve("config.yaml")).content().contains("dtype: bfloat16\n", "  bf16: true\n");
        assertThat(out.resolve("table.csv")).isNotEmptyFile();
    }

    @Test
    void rowsOfOneTaskAskForThatTaskAlone() throws Exception {
        RunOptions options = ScratchFolder.options(
                Path.of(options("0").recipe()),
                out,
                Set.of(),
                List.of(),
                RowFilter.of(List.of("{gold,system-1}.last-letters.*")),
                Interrupt.onThread(),
                null);
        Files.writeString(
                Path.of(options.recipe()), Files.readString(Path.of(options.recipe())) + "asking_dtype: int8\n");
        assertThat(System2Recipe.run(options)).isTrue();
        try (var rows = Files.list(out.resolve("rows"))) {
            assertThat(rows)
                    .extracting(row -> row.getFileName().toString())
                    .containsExactlyInAnyOrder(
                            "warm-up-1.last-letters.0", "gold.last-letters.0", "system-1.last-letters.0");
        }
        for (TeacherSample sample :
                JsonLines.read(out.resolve("asked/last-letters.0/samples.jsonl"), TeacherSample.class)) {
            assertThat(sample.teacher()).contains("+int8;");
        }
        Path tested = out.resolve("rows/system-1.last-letters.0/asked/samples.jsonl");
        for (TeacherSample sample : JsonLines.read(tested, TeacherSample.class)) {
            assertThat(sample.teacher()).doesNotContain("int8");
        }
        assertThat(out.resolve("table.csv")).doesNotExist();
    }

    @Test
    void aSystem2ThatStaysTooWeakIsAnErrorThatSaysHowWeak() throws Exception {
        RunOptions options = options("0.9");
        assertThatThrownBy(() -> System2Recipe.run(options))
                .isInstanceOf(IOException.class)
                .hasMessage("last-letters: System 2 is right in 0.0 % of the dev questions after the most"
                        + " warm_up_steps, and the gate is 90.0 %; give more steps");
        assertThat(out.resolve("rows/warm-up-2.last-letters.0/final")).isDirectory();
        assertThat(out.resolve("asked")).doesNotExist();
    }

    @Test
    void thePlanSaysWhatThereIsToDo() throws Exception {
        assertThat(System2Recipe.describe(options("0")))
                .contains(
                        "# last-letters: 5 questions in 1 form, up to 3 samples of System 2 each, of up to 6 tokens a"
                                + " call; 9 test items a row\n",
                        "# commonsense-qa-biased: 4 questions in 2 forms, up to 3 samples of System 2 each, of up to 6"
                                + " tokens a call; 4 test items a row\n")
                .containsPattern("# warm-up-1\\.last-letters x at most 1 +10 +1 +[1-9][0-9,]* +0\\.00\n"
                        + "# warm-up-2\\.last-letters x at most 1 +10 +2 +[1-9][0-9,]* +0\\.00\n"
                        + "# distilled\\.last-letters x 2 seeds +5 +1 +[1-9][0-9,]* +0\\.00\n"
                        + "# unfiltered\\.last-letters x 1 seeds +5 +1 ")
                .containsPattern("# memory: 1\\.1 GB ")
                .containsPattern("# matrix products: [0-9]+ GFLOP/s \\(measured now\\)\n")
                .contains("# at most 11 students, 0.0 hours of training; ")
                .endsWith("# all that is needed is here\n");
        assertThat(out).doesNotExist();
    }

    @Test
    void thePlanSaysWhatIsMissing() throws Exception {
        RunOptions options = options("0");
        Path recipe = Path.of(options.recipe());
        Path none = temporary.resolve("none");
        Files.writeString(
                recipe,
                Files.readString(recipe)
                        .replace(temporary.resolve("student").toString(), none + ", how_to_get: install it first"));
        assertThat(System2Recipe.describe(options))
                .contains("# does not fit: model: " + none + ": no such model; install it first\n")
                .endsWith("# 1 of what is needed is missing\n");
    }

    @Test
    void thePlanOfNumbersInBfloat16SaysTheirSpeed() throws Exception {
        RunOptions options = options("0");
        Path recipe = Path.of(options.recipe());
        Files.writeString(recipe, Files.readString(recipe).replace("save_steps: 1}", "save_steps: 1, bf16: true}"));
        assertThat(System2Recipe.describe(options))
                .containsOnlyOnce("# matrix products: ")
                .containsPattern(
                        "# matrix products: [0-9]+ GFLOP/s in bfloat16, [0-9]+ in float32 \\(measured now\\)\n");
    }

    /** Lessons are right by their own method, and no question is used for two things. */
    @Test
    void lessonsLeadToTheReference() throws Exception {
        SmallConfig.Task config =
                new SmallConfig.Task(null, null, null, 50, 40, 10, 20, List.of(1), 0.5, 20, 60, null, 128, 12);
        SmallTask letters = SmallTask.of("last-letters", config, 3, DataCatalogue.standard());
        assertThat(letters.lessons()).hasSize(100);
        int spelled = 0;
        for (Lesson lesson : letters.lessons().subList(0, 50)) {
            String answer = AnswerCut.LETTERS
                    .cutRestated(lesson.completion(), List.of())
                    .orElseThrow();
            String names = lesson.prompt().split("\"")[2];
            StringBuilder last = new StringBuilder();
            for (String name : names.replace("\\", "").split(" ")) {
                last.append(name.charAt(name.length() - 1));
            }
            assertThat(answer).isEqualToIgnoringCase(last.toString());
            spelled++;
        }
        assertThat(spelled).isEqualTo(50);
        Set<String> texts = new HashSet<>();
        for (Lesson lesson : letters.lessons().subList(50, 100)) {
            assertThat(lesson.completion()).hasSize(texts.size() < 40 ? 2 : 4);
            assertThat(texts.add(lesson.prompt())).isTrue();
        }
        for (Question question : letters.dev()) {
            assertThat(texts.add(question.text())).isTrue();
        }
        for (Question question : letters.world().unlabelled()) {
            assertThat(texts.add(question.text())).isTrue();
        }
        for (Question question : letters.world().tests()) {
            assertThat(texts).doesNotContain(question.text());
        }
        assertThat(letters.world().tests()).hasSize(939);
        assertThat(letters.parts().get("all")).hasSize(720);
        int[] two = letters.parts().get("two names (rar-2)");
        assertThat(two).hasSize(219);
        assertThat(IntStream.of(two).mapToObj(letters.world().tests()::get))
                .allMatch(question -> question.reference().length() == 2);

        SmallTask choices = SmallTask.of("commonsense-qa-biased", config, 3, DataCatalogue.standard());
        assertThat(choices.lessons()).hasSize(40 + 20 + 2 * 50);
        List<Lesson> leading = choices.lessons().subList(40, 60);
        assertThat(leading).allSatisfy(lesson -> assertThat(lesson.prompt()).contains("I think the answer is "));
        assertThat(leading)
                .filteredOn(lesson -> lesson.prompt().contains("I think the answer is " + lesson.completion() + " but"))
                .hasSize(10);
        assertThat(choices.world().tests()).hasSize(2442);
        assertThat(choices.world().unlabelled()).hasSize(60).allSatisfy(question -> assertThat(question.text())
                .contains("but I'm really not sure"));
        assertThat(choices.lessons().get(60).completion())
                .contains("Question/Query (does not include user bias/preference): ")
                .doesNotContain("really not sure");
        assertThat(choices.lessons().get(61).prompt())
                .contains(choices.lessons().get(60).completion());
    }
}
