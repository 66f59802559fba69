package dev.retort.pipelines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.answer.AnswerCut;
import dev.retort.data.Failure;
import dev.retort.data.JsonLines;
import dev.retort.data.Malformed;
import dev.retort.data.Question;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import dev.retort.teacher.ScriptedTeacher;
import dev.retort.teacher.TeacherSpec;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SampleJobTest {

    private static final SamplingParams PARAMS = SamplingParams.none().withSeed(3L);

    @TempDir
    Path folder;

    private SampleRequest request(Path questions) {
        return SampleRequest.of(questions, folder.resolve("out"), () -> ScriptedTeacher.of("last-letter", 0.2))
                .withSamples(3)
                .withParams(PARAMS);
    }

    private SampleRequest request(Question... questions) {
        return SampleRequest.of(
                List.of(questions), folder.resolve("out"), () -> ScriptedTeacher.of("last-letter", 0.2));
    }

    private Path out(String name) {
        return folder.resolve("out").resolve(name);
    }

    private List<String> outFiles() throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("out"))) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    /** What a vote spared is asked by the next run without one, and then is in one file. */
    @Test
    void whatAVoteSparedIsForgottenWhereAllIsAsked() throws Exception {
        SampleRequest request =
                request(Fixtures.questionsFile(folder, 20)).withAnswers(AnswerReader.of(AnswerCut.LETTERS));
        SampleJob.run(request.withVote(VoteFactory.of("strict")));
        assertThat(out("spared.jsonl")).isNotEmptyFile();
        SampleJob.run(request);
        assertThat(out("spared.jsonl")).doesNotExist();
        long ended = (long) Files.readAllLines(out("samples.jsonl")).size()
                + Files.readAllLines(out("failures.jsonl")).size();
        assertThat(ended).isEqualTo(60);
    }

    @Test
    void everyPairIsInOneFile() throws Exception {
        Path questions = Fixtures.questionsFile(folder, 80);
        SampleOutcome outcome = SampleJob.run(request(questions));
        List<TeacherSample> samples = JsonLines.read(out("samples.jsonl"), TeacherSample.class);
        List<Failure> failures = JsonLines.read(out("failures.jsonl"), Failure.class);
        Map<String, String> places = new TreeMap<>();
        for (TeacherSample sample : samples) {
            assertThat(places.put(sample.id() + "/" + sample.sampleIndex(), "samples"))
                    .isNull();
        }
        for (Failure failure : failures) {
            assertThat(places.put(failure.id() + "/" + failure.sampleIndex(), "failures"))
                    .isNull();
        }
        assertThat(places).hasSize(240);
        assertThat(failures).extracting(Failure::id).containsExactly("q-39", "q-39", "q-39", "q-79", "q-79", "q-79");
        assertThat(failures.get(0).error()).startsWith("scripted:last-letter cannot read question q-39; it takes: ");
        assertThat(JsonLines.read(out("malformed.jsonl"), Malformed.class))
                .extracting(Malformed::line, Malformed::error)
                .extracting(Object::toString)
                .satisfiesExactly(
                        line -> assertThat(line).startsWith("(2L, \"Unexpected end-of-input"),
                        line -> assertThat(line).isEqualTo("(4L, \"id is missing or blank\")"),
                        line -> assertThat(line).isEqualTo("(84L, \"a second row with the id q-0\")"));
        long tokens = samples.stream()
                .filter(sample -> sample.sampleIndex() == 0)
                .mapToLong(
                        sample -> sample.usage().promptTokens() + sample.usage().completionTokens())
                .sum();
        assertThat(List.of(
                        outcome.asked(), outcome.answered(), outcome.failed(), outcome.cached(), outcome.malformed()))
                .containsExactly(234L, 234L, 6L, 0L, 3L);
        assertThat(List.of(outcome.tokens(), outcome.requests(), outcome.retried(), outcome.damaged()))
                .containsExactly(tokens, 84L, 0L, 0L);
        assertThat(outFiles()).containsExactly("cache", "failures.jsonl", "malformed.jsonl", "samples.jsonl");
    }

    @Test
    void aFinishedRunIsLeftAlone() throws Exception {
        SampleRequest request = request(Fixtures.questionsFile(folder, 40));
        SampleJob.run(request);
        FileTime old = FileTime.fromMillis(0);
        for (String name : outFiles()) {
            Files.setLastModifiedTime(out(name), old);
        }
        SampleOutcome again = SampleJob.run(request);
        assertThat(again.cached()).isEqualTo(117);
        assertThat(again.asked()).isZero();
        assertThat(again.requests()).isEqualTo(3);
        assertThat(again.failed()).isEqualTo(3);
        assertThat(outFiles()).hasSize(4).allSatisfy(name -> assertThat(Files.getLastModifiedTime(out(name)))
                .isEqualTo(old));
    }

    @Test
    void lostFilesAreMadeAgainFromTheCache() throws Exception {
        SampleRequest request = request(Fixtures.questionsFile(folder, 40));
        SampleJob.run(request);
        byte[] whole = Files.readAllBytes(out("samples.jsonl"));
        Files.delete(out("samples.jsonl"));
        Files.delete(out("failures.jsonl"));
        Files.createDirectories(out("sample.partial"));
        Files.writeString(out("sample.partial").resolve("samples.jsonl"), "of a killed run");
        SampleOutcome again = SampleJob.run(request);
        assertThat(again.cached()).isEqualTo(117);
        assertThat(again.asked()).isZero();
        assertThat(out("samples.jsonl")).hasBinaryContent(whole);
        assertThat(outFiles()).containsExactly("cache", "failures.jsonl", "malformed.jsonl", "samples.jsonl");
    }

    @Test
    void anotherFolderCanShareTheCache() throws Exception {
        Path questions = Fixtures.questionsFile(folder, 40);
        Path cache = folder.resolve("shared");
        SampleJob.run(request(questions).withSettings(AskSettings.usual().withCache(cache)));
        SampleRequest elsewhere = SampleRequest.of(
                        questions,
                        folder.resolve("elsewhere"),
                        TeacherFactory.of(TeacherSpec.parse("scripted:last-letter"), 0.2))
                .withSamples(3)
                .withParams(PARAMS)
                .withSettings(AskSettings.usual().withCache(cache));
        SampleOutcome again = SampleJob.run(elsewhere);
        assertThat(List.of(again.cached(), again.asked())).containsExactly(117L, 0L);
        assertThat(folder.resolve("elsewhere").resolve("samples.jsonl")).hasSameBinaryContentAs(out("samples.jsonl"));
    }

    @Test
    void progressIsTold() throws Exception {
        List<String> told = new ArrayList<>();
        SampleJob.run(request(Fixtures.question("q-1"), Fixtures.question("q-2"))
                .withProgress((done, total, counts) -> told.add(done + "/" + total + " " + counts.answered())));
        assertThat(told).hasSize(2).last().isEqualTo("2/2 2");
    }

    @Test
    void aFailedPairIsAskedAgain() throws Exception {
        Question unreadable = Fixtures.unreadable("q-2");
        SampleOutcome first = SampleJob.run(request(Fixtures.question("q-1"), unreadable));
        assertThat(List.of(first.answered(), first.failed())).containsExactly(1L, 1L);
        SampleOutcome second = SampleJob.run(request(Fixtures.question("q-1"), Fixtures.question("q-2")));
        assertThat(List.of(second.cached(), second.answered(), second.failed())).containsExactly(1L, 2L, 0L);
        assertThat(out("failures.jsonl")).isEmptyFile();
        assertThat(JsonLines.read(out("samples.jsonl"), TeacherSample.class))
                .extracting(TeacherSample::id)
                .containsExactly("q-1", "q-2");
    }

    @Test
    void otherSettingsGiveOtherSamples() throws Exception {
        SampleJob.run(request(Fixtures.question("q-1")));
        SampleOutcome again = SampleJob.run(request(Fixtures.question("q-1")).withParams(PARAMS));
        assertThat(again.cached()).isZero();
        assertThat(JsonLines.read(out("samples.jsonl"), TeacherSample.class))
                .extracting(TeacherSample::params)
                .containsExactly(PARAMS);
    }

    @Test
    void questionsInMemoryGiveWhatTheirFileGives() throws Exception {
        List<Question> questions = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            questions.add(Fixtures.question("q-" + i));
        }
        Path file = folder.resolve("questions.jsonl");
        JsonLines.write(file, questions);
        SampleJob.run(request(file));
        byte[] samples = Files.readAllBytes(out("samples.jsonl"));
        SampleRequest inMemory =
                request(questions.toArray(new Question[0])).withSamples(3).withParams(PARAMS);
        SampleJob.run(SampleRequest.of(questions, folder.resolve("other"), inMemory.teacher())
                .withSamples(3)
                .withParams(PARAMS));
        assertThat(folder.resolve("other/samples.jsonl")).hasBinaryContent(samples);
        assertThat(folder.resolve("other/failures.jsonl")).isEmptyFile();
        assertThat(folder.resolve("other/malformed.jsonl")).doesNotExist();
    }

    @Test
    void theMainTakesFlags() throws Exception {
        Path questions = Fixtures.questionsFile(folder, 40);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        PrintStream before = System.out;
        try (PrintStream captured = new PrintStream(bytes, true, StandardCharsets.UTF_8)) {
            System.setOut(captured);
            SampleMain.main(new String[] {
                "--questions=" + questions,
                "--out=" + folder.resolve("main"),
                "--teacher=scripted:last-letter",
                "--errorRate=0.2",
                "--samples=3",
                "--seed=3"
            });
        } finally {
            System.setOut(before);
        }
        assertThat(bytes.toString(StandardCharsets.UTF_8).replaceFirst("mean \\d+", "mean 0"))
                .startsWith("answered 117, failed 3; asked 117, from the cache 0; requests 42, repeated 0, mean 0 ms;"
                        + " tokens ");
        SampleJob.run(request(questions));
        assertThat(folder.resolve("main/samples.jsonl")).hasBinaryContent(Files.readAllBytes(out("samples.jsonl")));
    }

    @Test
    void errorsAreOneLineAndLeaveTheOldFiles() throws Exception {
        SampleJob.run(request(Fixtures.question("q-1")));
        byte[] samples = Files.readAllBytes(out("samples.jsonl"));
        SampleRequest noTeacher = SampleRequest.of(List.of(Fixtures.question("q-2")), folder.resolve("out"), () -> {
            throw new IOException("model.gguf: no such file");
        });
        assertThatThrownBy(() -> SampleJob.run(noTeacher))
                .isInstanceOf(IOException.class)
                .hasMessage("model.gguf: no such file");
        Path missing = folder.resolve("missing.jsonl");
        assertThatThrownBy(() -> SampleJob.run(request(missing)))
                .isInstanceOf(NoSuchFileException.class)
                .hasMessage(missing + ": no such file");
        assertThatThrownBy(() -> SampleJob.run(request(Fixtures.question("q-1")), "--noSuchFlag=1"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("noSuchFlag");
        assertThat(out("samples.jsonl")).hasBinaryContent(samples);
        assertThat(outFiles()).containsExactly("cache", "failures.jsonl", "samples.jsonl");
    }

    @Test
    void anInterruptEndsTheJob() {
        SampleRequest request = request(Fixtures.question("q-1"));
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> SampleJob.run(request)).isInstanceOf(InterruptedException.class);
        assertThat(Thread.interrupted()).isFalse();
        assertThat(out("samples.jsonl")).doesNotExist();
    }

    /** Nobody asks on behind the back of who was interrupted: not one request comes after run has returned. */
    @Test
    void anInterruptedJobAsksNoMore() throws Exception {
        List<Question> questions = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            questions.add(Fixtures.question("q-" + i));
        }
        try (FaultyServer server = new FaultyServer(0, 5, 1000)) {
            TeacherFactory teacher =
                    TeacherFactory.of(new TeacherSpec.OpenAi("fake"), 0, server.baseUrl(), Duration.ofSeconds(5));
            Thread here = Thread.currentThread();
            SampleRequest request = SampleRequest.of(questions, folder.resolve("out"), teacher)
                    .withSettings(AskSettings.usual().withConcurrency(2))
                    .withProgress((done, total, counts) -> {
                        if (done == 20) {
                            here.interrupt();
                        }
                    });
            assertThatThrownBy(() -> SampleJob.run(request)).isInstanceOf(InterruptedException.class);
            int asked = server.answered().size();
            assertThat(asked).isBetween(20, 199);
            SampleOutcome outcome = SampleJob.run(request.withProgress((done, total, counts) -> {}));
            // Two may have been under way, and what came within the cache's last moments was on disk all the same.
            assertThat(outcome.cached()).isBetween((long) asked - 2, (long) asked);
            assertThat(outcome.asked()).isEqualTo(200 - outcome.cached());
            assertThat(server.answered())
                    .hasSizeBetween(asked + (int) outcome.asked(), asked + (int) outcome.asked() + 2);
        }
    }

    @Test
    void twoQuestionsWithOneIdAreAnError() {
        assertThatThrownBy(() -> request(Fixtures.question("q-1"), Fixtures.question("q-1")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("two questions with the id q-1");
    }
}
