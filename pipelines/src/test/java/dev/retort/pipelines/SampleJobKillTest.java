package dev.retort.pipelines;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retort.data.Failure;
import dev.retort.data.JsonLines;
import dev.retort.data.Question;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import dev.retort.teacher.SampleKey;
import dev.retort.teacher.TeacherCache;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A job in a process of its own, killed without warning again and again, against a server that misbehaves. The numbers grow by
 * the system properties retort.kill.questions and retort.kill.kills.
 */
class SampleJobKillTest {

    private static final int QUESTIONS = Integer.getInteger("retort.kill.questions", 250);
    private static final int KILLS = Integer.getInteger("retort.kill.kills", 3);
    private static final int SAMPLES = 4;
    private static final int CONCURRENCY = 32;
    /** Less than any run has answered when it is killed. */
    private static final int LOST_AT_MOST = 5 * CONCURRENCY;

    private static final SamplingParams PARAMS = SamplingParams.none().withSeed(11L);

    @TempDir
    private Path folder;

    private Process start(FaultyServer server) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx512m", "-XX:+UseSerialGC"));
        command.addAll(List.of("-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path")));
        command.addAll(List.of(SampleMain.class.getName(), "--questions=" + folder.resolve("questions.jsonl")));
        command.addAll(
                List.of("--out=" + folder.resolve("out"), "--teacher=openai:fake", "--baseUrl=" + server.baseUrl()));
        command.addAll(List.of("--samples=" + SAMPLES, "--seed=11", "--timeout=1", "--concurrency=" + CONCURRENCY));
        command.add("--maxAttempts=12");
        File log = folder.resolve("log").toFile();
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log))
                .start();
    }

    /** The pairs that are on disk, by the request that asked for them. */
    private Map<String, TeacherSample> onDisk(List<Question> questions) throws IOException {
        Map<String, TeacherSample> found = new HashMap<>();
        try (TeacherCache cache = new TeacherCache(folder.resolve("out/cache"))) {
            for (Question question : questions) {
                for (int index = 0; index < SAMPLES; index++) {
                    SampleKey key = SampleKey.of("openai:fake", question.messages(), PARAMS, index);
                    cache.get(key, question, PARAMS, index)
                            .ifPresent(sample -> found.put(sample.id() + "/" + sample.sampleIndex(), sample));
                }
            }
        }
        return found;
    }

    @Test
    void killedAndResumedNothingIsLostAndNothingPaidTwice() throws Exception {
        List<Question> questions = IntStream.range(0, QUESTIONS)
                .mapToObj(i -> Question.ofText("q-" + i, "task", "Number " + i + "?", null))
                .toList();
        JsonLines.write(folder.resolve("questions.jsonl"), questions);
        SplittableRandom random = new SplittableRandom(5);
        try (FaultyServer server = new FaultyServer(0.15, 5, 900)) {
            Set<String> texts = new HashSet<>();
            int seenBefore = 0;
            for (int run = 0; run <= KILLS; run++) {
                server.newProcess();
                Process process = start(server);
                if (run < KILLS) {
                    int share = QUESTIONS * SAMPLES / (KILLS + 1);
                    server.afterAnswers(share * 3 / 4 + random.nextInt(share / 4), process::destroyForcibly);
                }
                assertThat(process.waitFor(10, TimeUnit.MINUTES)).isTrue();
                assertThat(process.exitValue())
                        .as(() -> read(folder.resolve("log")))
                        .isEqualTo(run < KILLS ? 137 : 0);
                // Nothing that was on disk when this process began was answered again.
                List<String> now = server.answered();
                List<String> fresh = now.subList(seenBefore, now.size());
                assertThat(fresh.stream().map(FaultyServer::text)).noneMatch(texts::contains);
                seenBefore = now.size();
                int before = texts.size();
                onDisk(questions).values().forEach(sample -> texts.add(sample.text()));
                // Of a run a kill costs what was under way and what the last group had not taken up, not the rest.
                assertThat(texts).hasSizeGreaterThanOrEqualTo(before + fresh.size() - LOST_AT_MOST);
            }
            List<TeacherSample> samples = JsonLines.read(folder.resolve("out/samples.jsonl"), TeacherSample.class);
            List<Failure> failures = JsonLines.read(folder.resolve("out/failures.jsonl"), Failure.class);
            assertThat(failures).isEmpty();
            assertThat(samples).hasSize(QUESTIONS * SAMPLES);
            assertThat(samples.stream().map(sample -> sample.id() + "/" + sample.sampleIndex()))
                    .doesNotHaveDuplicates();
            assertThat(samples.stream().map(TeacherSample::text)).doesNotHaveDuplicates();
            // What a kill cost: what was under way, and what came in since the last group was on disk.
            int lost = server.answered().size() - QUESTIONS * SAMPLES;
            assertThat(lost).isLessThanOrEqualTo(KILLS * LOST_AT_MOST);
            assertThat(server.mostActive()).isLessThanOrEqualTo(CONCURRENCY);
            assertThat(server.kinds()).hasSize(7);
            System.out.println("kill test: " + QUESTIONS + " questions, " + KILLS + " kills, answered twice " + lost
                    + ", most at a time " + server.mostActive() + ", faults " + server.kinds());
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }
}
