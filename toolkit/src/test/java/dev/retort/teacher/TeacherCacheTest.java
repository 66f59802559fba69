package dev.retort.teacher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.retort.data.Message;
import dev.retort.data.Question;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import dev.retort.data.TokenUsage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TeacherCacheTest {

    private static final SamplingParams PARAMS = SamplingParams.greedy(9).withSeed(3L);
    private static final Question QUESTION = new Question(
            "q-1",
            "task",
            List.of(Message.user("Why? \u00e9\ud83d\ude00")),
            "42",
            Map.of("mine", TextNode.valueOf("x")));

    @TempDir
    private Path folder;

    private static SampleKey key(int index) {
        return SampleKey.of("fake", QUESTION.messages(), PARAMS, index);
    }

    private static TeacherSample sample(int index) {
        Map<String, JsonNode> extra = Map.of("logprobs", TextNode.valueOf("l" + index));
        return new TeacherSample(
                "q-1",
                "task",
                QUESTION.messages(),
                index,
                "text " + index + " \u00e9\ud83d\ude00\n",
                index == 0 ? "because" : null,
                index == 0 ? "42" : null,
                "stop",
                "fake@1",
                PARAMS,
                index == 2 ? null : new TokenUsage(5, 7, 2),
                extra);
    }

    private void fill(int count) throws Exception {
        try (TeacherCache cache = new TeacherCache(folder)) {
            for (int i = 0; i < count; i++) {
                cache.put(key(i), sample(i));
            }
        }
    }

    private Optional<TeacherSample> get(TeacherCache cache, int index) throws IOException {
        return cache.get(key(index), QUESTION, PARAMS, index);
    }

    private Path onlyFile() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(Files::isRegularFile).reduce((a, b) -> null).orElseThrow();
        }
    }

    @Test
    void answersComeBackAsTheyWere() throws Exception {
        fill(3);
        try (TeacherCache cache = new TeacherCache(folder)) {
            assertThat(cache.size()).isEqualTo(3);
            for (int i = 0; i < 3; i++) {
                assertThat(get(cache, i)).contains(sample(i));
            }
            assertThat(get(cache, 3)).isEmpty();
            assertThat(cache.damaged()).isZero();
        }
        // Whoever only reads leaves nothing behind.
        assertThat(onlyFile()).exists();
    }

    @Test
    void anAnswerCanBeFoundBeforeItIsOnDisk() throws Exception {
        try (TeacherCache cache = new TeacherCache(folder)) {
            cache.put(key(0), sample(0));
            assertThat(get(cache, 0)).contains(sample(0));
            cache.flush();
            assertThat(get(cache, 0)).contains(sample(0));
            assertThat(cache.size()).isEqualTo(1);
        }
    }

    @Test
    void anotherQuestionWithTheSameMessagesHasTheSameAnswer() throws Exception {
        fill(1);
        Question other = new Question("q-2", "other task", QUESTION.messages(), null);
        try (TeacherCache cache = new TeacherCache(folder)) {
            TeacherSample found = cache.get(key(0), other, PARAMS, 0).orElseThrow();
            assertThat(found.id()).isEqualTo("q-2");
            assertThat(found.task()).isEqualTo("other task");
            assertThat(found.withExtra(Map.of()).text()).isEqualTo(sample(0).text());
        }
    }

    @Test
    void twoWhoHaveItOpenSeeEachOther() throws Exception {
        try (TeacherCache first = new TeacherCache(folder);
                TeacherCache second = new TeacherCache(folder)) {
            first.put(key(0), sample(0));
            first.flush();
            second.put(key(1), sample(1));
            second.flush();
            long end = System.nanoTime() + 10_000_000_000L;
            while ((get(second, 0).isEmpty() || get(first, 1).isEmpty()) && System.nanoTime() < end) {
                Thread.onSpinWait();
            }
            assertThat(get(second, 0)).contains(sample(0));
            assertThat(get(first, 1)).contains(sample(1));
        }
    }

    /** Where the records of a file begin, and its end. */
    private static int[] starts(byte[] file) {
        int[] starts = new int[8];
        int count = 0;
        int at = 0;
        while (at < file.length) {
            starts[count++] = at;
            at += 12 + java.nio.ByteBuffer.wrap(file).getInt(at + 4);
        }
        starts[count] = at;
        return Arrays.copyOf(starts, count + 1);
    }

    private void assertOnlyTheSecondIsLost(byte[] damagedFile, int[] starts) throws Exception {
        Path file = onlyFile();
        Files.write(file, damagedFile);
        try (TeacherCache cache = new TeacherCache(folder)) {
            assertThat(get(cache, 0)).contains(sample(0));
            assertThat(get(cache, 1)).isEmpty();
            assertThat(get(cache, 2)).contains(sample(2));
            assertThat(cache.damaged()).isEqualTo(1);
        }
        Path aside = folder.resolve("damaged").resolve(file.getFileName() + "-" + starts[1]);
        assertThat(aside).hasBinaryContent(Arrays.copyOfRange(damagedFile, starts[1], starts[2]));
    }

    @Test
    void aRecordWithAWrongSumIsSetAside() throws Exception {
        fill(3);
        byte[] file = Files.readAllBytes(onlyFile());
        int[] starts = starts(file);
        file[starts[1] + 60] ^= 1;
        assertOnlyTheSecondIsLost(file, starts);
    }

    @Test
    void aRecordWithAWrongLengthIsSetAside() throws Exception {
        fill(3);
        byte[] file = Files.readAllBytes(onlyFile());
        int[] starts = starts(file);
        file[starts[1] + 4] = 1; // 16 MiB more than there are
        assertOnlyTheSecondIsLost(file, starts);
    }

    @Test
    void aRecordWithoutItsMarkIsSetAside() throws Exception {
        fill(3);
        byte[] file = Files.readAllBytes(onlyFile());
        int[] starts = starts(file);
        Arrays.fill(file, starts[1], starts[1] + 12, (byte) 0);
        assertOnlyTheSecondIsLost(file, starts);
    }

    @Test
    void whatAKilledProcessLeftHalfWrittenIsPassedOver() throws Exception {
        fill(3);
        Path file = onlyFile();
        byte[] whole = Files.readAllBytes(file);
        int[] starts = starts(whole);
        for (int end : new int[] {starts[2] + 1, starts[2] + 11, starts[2] + 40, whole.length - 1}) {
            Files.write(file, Arrays.copyOf(whole, end));
            try (TeacherCache cache = new TeacherCache(folder)) {
                assertThat(cache.size()).isEqualTo(2);
                assertThat(get(cache, 2)).isEmpty();
                assertThat(cache.damaged()).isZero();
            }
        }
        Files.write(file, whole);
        try (TeacherCache cache = new TeacherCache(folder)) {
            assertThat(cache.size()).isEqualTo(3);
        }
    }

    @Test
    void damageSinceItWasReadIsSeenToo() throws Exception {
        fill(2);
        byte[] file = Files.readAllBytes(onlyFile());
        try (TeacherCache cache = new TeacherCache(folder)) {
            file[60] ^= 1;
            Files.write(onlyFile(), file);
            assertThat(get(cache, 0)).isEmpty();
            assertThat(get(cache, 1)).contains(sample(1));
        }
    }

    @Test
    void anInterruptedThreadReadsAndClosesAsEver() throws Exception {
        fill(1);
        try (TeacherCache cache = new TeacherCache(folder)) {
            Thread.currentThread().interrupt();
            assertThat(get(cache, 0)).contains(sample(0));
            cache.put(key(1), sample(1));
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
        try (TeacherCache cache = new TeacherCache(folder)) {
            assertThat(cache.size()).isEqualTo(2);
        }
    }

    @Test
    void aFolderThatCannotBeWrittenIsAnError() throws Exception {
        Path gone = folder.resolve("gone");
        TeacherCache cache = new TeacherCache(gone);
        Files.delete(gone);
        cache.put(key(0), sample(0));
        assertThatThrownBy(cache::flush)
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith(gone.toString())
                .hasMessageContaining("the cache cannot be written");
        assertThatThrownBy(cache::close).isInstanceOf(IOException.class);
    }
}
