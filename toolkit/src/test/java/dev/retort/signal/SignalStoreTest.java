package dev.retort.signal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.retort.data.AtomicFiles;
import dev.retort.model.SafetensorsFile;
import dev.retort.model.SafetensorsWriter;
import dev.retort.model.WeightDtype;
import dev.retort.run.RunRecord;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SignalStoreTest {

    private static final String FIRST = "signals-00001.safetensors";
    private static final String SECOND = "signals-00002.safetensors";

    @TempDir
    private Path temp;

    private static SignalKey key(int number) {
        return SignalKey.of("model", "tokenizer", new int[] {number, 1, 2}, 1, 3, 1);
    }

    /** A signal that no other number gives. */
    private static TopKLogProbs signal(int number, int positions, int k) {
        SplittableRandom random = new SplittableRandom(number);
        int[] ids = new int[positions * k];
        float[] logProbs = new float[ids.length];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = 1000 * number + i;
            logProbs[i] = (float) (-Math.log(k) - i % k - random.nextDouble());
        }
        return new TopKLogProbs(positions, k, ids, logProbs);
    }

    private static TopKLogProbs signal(int number) {
        return signal(number, 1 + number % 3, 3);
    }

    /** Two shards of three signals each. */
    private static Path write(Path folder) throws IOException {
        try (SignalStore store = SignalStore.open(folder)) {
            for (int i = 0; i < 6; i++) {
                store.put(key(i), signal(i));
                if (i == 2) {
                    store.flush();
                }
            }
        }
        return folder;
    }

    /** What is there is right; the numbers of what is not there. */
    private static List<Integer> missing(SignalStore store) throws IOException {
        List<Integer> missing = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            Optional<TopKLogProbs> found = store.get(key(i));
            assertThat(found.isPresent()).isEqualTo(store.contains(key(i)));
            if (found.isPresent()) {
                assertThat(found).contains(signal(i));
            } else {
                missing.add(i);
            }
        }
        return missing;
    }

    private static void check(Path folder, List<Integer> expected, int damaged) throws IOException {
        try (SignalStore store = SignalStore.openToRead(folder)) {
            assertThat(missing(store)).isEqualTo(expected);
            assertThat(store.damaged()).isEqualTo(damaged);
        }
    }

    /** Adds what is missing and checks that a further opening finds all. */
    private static void finish(Path folder, List<Integer> expected) throws IOException {
        try (SignalStore store = SignalStore.open(folder)) {
            assertThat(missing(store)).isEqualTo(expected);
            for (int number : expected) {
                store.put(key(number), signal(number));
            }
        }
        try (SignalStore store = SignalStore.openToRead(folder)) {
            assertThat(missing(store)).isEmpty();
            assertThat(store.keys()).hasSize(6);
        }
    }

    private Path copy(Path folder) throws IOException {
        Path copied = temp.resolve("copy");
        AtomicFiles.deleteTree(copied);
        Files.createDirectories(copied);
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Files.copy(file, copied.resolve(file.getFileName()));
            }
        }
        return copied;
    }

    @Test
    void whatWasPutIsThereAtOnceAndAfterwards() throws IOException {
        Path folder = temp.resolve("a/b");
        try (SignalStore store = SignalStore.open(folder)) {
            assertThat(store.get(key(0))).isEmpty();
            store.put(key(0), signal(0));
            assertThat(store.get(key(0))).contains(signal(0));
            store.flush();
            store.put(key(1), signal(1));
            assertThat(store.get(key(0))).contains(signal(0));
            assertThat(store.get(key(1))).contains(signal(1));
            assertThat(store.keys()).containsExactly(key(0), key(1));
            assertThat(store.missing(List.of(key(3), key(1), key(2), key(3)))).containsExactly(key(3), key(2));
        }
        try (SignalStore store = SignalStore.openToRead(folder)) {
            assertThat(store.keys()).containsExactly(key(0), key(1));
            assertThat(store.get(key(1))).contains(signal(1));
            assertThat(store.damaged()).isZero();
        }
    }

    @Test
    void aSignalIsWrittenOnce() throws IOException {
        Path folder = write(temp.resolve("store"));
        byte[] index = Files.readAllBytes(folder.resolve("index.jsonl"));
        try (SignalStore store = SignalStore.open(folder)) {
            store.put(key(1), signal(9));
            assertThat(store.get(key(1))).contains(signal(1));
            store.put(key(7), signal(7));
            store.put(key(7), signal(9));
            assertThat(store.get(key(7))).contains(signal(7));
        }
        assertThat(Files.readAllBytes(folder.resolve("index.jsonl"))).startsWith(index);
        try (SignalStore store = SignalStore.openToRead(folder)) {
            assertThat(missing(store)).isEmpty();
            assertThat(store.get(key(7))).contains(signal(7));
        }
    }

    @Test
    void shardsAreSafetensorsThatAnyToolReads() throws IOException {
        Path folder = write(temp.resolve("store"));
        try (SafetensorsFile shard = SafetensorsFile.open(folder.resolve(FIRST))) {
            assertThat(shard.names()).containsExactly("ids", "logprobs");
            assertThat(shard.shape("ids")).containsExactly(6, 3);
            assertThat(shard.shape("logprobs")).containsExactly(6, 3);
            assertThat(shard.dtype("ids")).isEqualTo(WeightDtype.I32);
            FloatBuffer logProbs = FloatBuffer.allocate(18);
            shard.readFloats("logprobs", logProbs);
            assertThat(logProbs.array()).startsWith(signal(0).logProbs());
        }
        assertThat(Files.readAllLines(folder.resolve("index.jsonl")).get(1))
                .startsWith("{\"key\":\"" + key(1).hex() + "\",\"shard\":\"" + FIRST
                        + "\",\"first\":1,\"rows\":2,\"k\":3,\"sum\":\"");
    }

    @Test
    void equalSignalsInEqualOrderGiveEqualBytes() throws IOException {
        Path one = write(temp.resolve("one"));
        Path two = write(temp.resolve("two"));
        for (String file : List.of("index.jsonl", FIRST, SECOND)) {
            assertThat(one.resolve(file)).hasSameBinaryContentAs(two.resolve(file));
        }
    }

    @Test
    void aShardIsWrittenWhenEnoughIsGatheredOrItsWidthChanges() throws IOException {
        Path folder = temp.resolve("store");
        try (SignalStore store = SignalStore.open(folder, 100)) {
            store.put(key(0), signal(0, 2, 3));
            assertThat(folder.resolve(FIRST)).doesNotExist();
            store.put(key(1), signal(1, 3, 3));
            assertThat(folder.resolve(FIRST)).exists();
            store.put(key(2), signal(2, 1, 3));
            store.put(key(3), signal(3, 1, 2));
            assertThat(folder.resolve(SECOND)).exists();
        }
        try (SignalStore store = SignalStore.openToRead(folder)) {
            assertThat(store.get(key(1))).contains(signal(1, 3, 3));
            assertThat(store.get(key(2))).contains(signal(2, 1, 3));
            assertThat(store.get(key(3))).contains(signal(3, 1, 2));
        }
        assertThat(folder.resolve("signals-00003.safetensors")).exists();
    }

    @Test
    void oneWriterAtATimeAndAnyNumberOfReaders() throws IOException {
        Path folder = temp.resolve("store");
        assertThatIOException()
                .isThrownBy(() -> SignalStore.openToRead(folder))
                .withMessage(folder + ": no index.jsonl there; give a folder of teacher signals");
        SignalStore writer = SignalStore.open(folder);
        writer.put(key(0), signal(0));
        writer.flush();
        assertThatIOException()
                .isThrownBy(() -> SignalStore.open(folder))
                .withMessage(folder + ": another run writes signals there; let it end, or give another folder");
        try (SignalStore reader = SignalStore.openToRead(folder)) {
            assertThat(reader.get(key(0))).contains(signal(0));
            assertThatIllegalStateException().isThrownBy(() -> reader.put(key(1), signal(1)));
        }
        writer.close();
        writer.close();
        assertThatIllegalStateException()
                .isThrownBy(writer::flush)
                .withMessage(folder + ": the store of signals is not open to write");
        SignalStore.open(folder).close();
    }

    @Test
    void anInterruptedThreadLosesNothing() throws IOException {
        Path folder = temp.resolve("store");
        Thread.currentThread().interrupt();
        try (SignalStore store = SignalStore.open(folder)) {
            store.put(key(0), signal(0));
        }
        assertThat(Thread.interrupted()).isTrue();
        try (SignalStore store = SignalStore.openToRead(folder)) {
            assertThat(store.get(key(0))).contains(signal(0));
        }
    }

    /** As a kill leaves it between two bytes of the index: the shards are whole by then. */
    @Test
    void anIndexThatEndsAnywhereKeepsItsWholeLines() throws IOException {
        Path whole = write(temp.resolve("whole"));
        byte[] index = Files.readAllBytes(whole.resolve("index.jsonl"));
        Path folder = copy(whole);
        for (int length = 0; length <= index.length; length++) {
            Files.write(folder.resolve("index.jsonl"), Arrays.copyOf(index, length));
            String text = new String(index, 0, length, StandardCharsets.UTF_8);
            int lines = (int) text.chars().filter(c -> c == '}').count();
            boolean isTorn = !text.isEmpty() && !text.endsWith("\n") && !text.endsWith("}");
            check(folder, Stream.of(0, 1, 2, 3, 4, 5).skip(lines).toList(), isTorn ? 1 : 0);
        }
    }

    @Test
    void afterATornIndexTheRestIsAdded() throws IOException {
        Path whole = write(temp.resolve("whole"));
        byte[] index = Files.readAllBytes(whole.resolve("index.jsonl"));
        int line = index.length / 6;
        for (int lines = 0; lines < 6; lines++) {
            for (int end : new int[] {0, 1, line / 2, line - 2, line - 1}) {
                Path folder = copy(whole);
                Files.write(folder.resolve("index.jsonl"), Arrays.copyOf(index, lines * line + end));
                boolean isWhole = end == line - 1;
                finish(
                        folder,
                        Stream.of(0, 1, 2, 3, 4, 5)
                                .skip(isWhole ? lines + 1 : lines)
                                .toList());
            }
        }
    }

    /** As a kill leaves it before the index names the second shard: under its name, or beside it. */
    @Test
    void aShardThatNoLineNamesIsOverwritten() throws IOException {
        Path whole = write(temp.resolve("whole"));
        List<String> lines = Files.readAllLines(whole.resolve("index.jsonl"));
        byte[] second = Files.readAllBytes(whole.resolve(SECOND));
        for (int length : new int[] {0, 1, 7, 8, 9, second.length - 1, second.length}) {
            for (String name : List.of(SECOND, SECOND + AtomicFiles.PARTIAL)) {
                Path folder = copy(whole);
                Files.delete(folder.resolve(SECOND));
                Files.write(folder.resolve("index.jsonl"), lines.subList(0, 3));
                Files.write(folder.resolve(name), Arrays.copyOf(second, length));
                check(folder, List.of(3, 4, 5), 0);
                finish(folder, List.of(3, 4, 5));
                assertThat(folder.resolve(SECOND)).hasBinaryContent(second);
                assertThat(folder.resolve("index.jsonl")).hasSameBinaryContentAs(whole.resolve("index.jsonl"));
            }
        }
    }

    @Test
    void theSignalsOfADamagedShardAreMissing() throws IOException {
        Path whole = write(temp.resolve("whole"));
        byte[] first = Files.readAllBytes(whole.resolve(FIRST));
        Path folder = copy(whole);
        for (int length = 0; length < first.length; length++) {
            Files.write(folder.resolve(FIRST), Arrays.copyOf(first, length));
            check(folder, List.of(0, 1, 2), 3);
        }
        for (int at = 0; at < first.length; at++) {
            byte[] flipped = first.clone();
            flipped[at] ^= 0x10;
            Files.write(folder.resolve(FIRST), flipped);
            check(folder, List.of(0, 1, 2), 3);
        }
        Files.write(folder.resolve(FIRST), Arrays.copyOf(first, first.length + 1));
        check(folder, List.of(0, 1, 2), 3);
        Files.copy(folder.resolve(SECOND), folder.resolve(FIRST), StandardCopyOption.REPLACE_EXISTING);
        check(folder, List.of(0, 1, 2), 3);
        finish(folder, List.of(0, 1, 2));
        // What may yet be mended is not overwritten.
        assertThat(folder.resolve(FIRST)).hasSameBinaryContentAs(folder.resolve(SECOND));
        Path without = copy(whole);
        Files.delete(without.resolve(FIRST));
        check(without, List.of(0, 1, 2), 3);
        finish(without, List.of(0, 1, 2));
        assertThat(without.resolve(FIRST)).doesNotExist();
    }

    @Test
    void linesThatCannotBeAreSetAside() throws IOException {
        Path folder = write(temp.resolve("store"));
        Path outside = Files.copy(folder.resolve(FIRST), temp.resolve(FIRST));
        String sha256 = RunRecord.sha256(folder.resolve(FIRST));
        String valid = SignalEntry.of(key(7), FIRST, 0, 1, 3, sha256).format();
        List<String> bad = List.of(
                valid.replace(FIRST, "../" + FIRST),
                valid.replace(FIRST, outside.toString()),
                valid.replace(FIRST, "signals-0000000001.safetensors"),
                valid.replace("\"first\":0", "\"first\":1"),
                valid.replace("\"first\":0", "\"first\":-1"),
                valid.replace("\"rows\":1", "\"rows\":0"),
                valid.replace("\"rows\":1", "\"rows\":2000000000"),
                valid.replace(",\"k\":3", ""),
                valid.replace(key(7).hex(), "key"),
                valid.replace(key(7).hex(), key(8).hex()),
                SignalEntry.of(key(7), FIRST, 0, 7, 3, sha256).format(),
                SignalEntry.of(key(7), FIRST, Long.MAX_VALUE, 1, 3, sha256).format(),
                SignalEntry.of(key(7), FIRST, 0, 1, 9, sha256).format(),
                SignalEntry.of(key(7), SECOND, 0, 1, 3, sha256).format(),
                "null",
                "[".repeat(900),
                "x".repeat(100_000),
                valid + " ".repeat(2000),
                "\u0000\u0000\u00ff");
        Files.write(folder.resolve("index.jsonl"), bad, StandardOpenOption.APPEND);
        // A second line of a key changes nothing.
        List<String> second =
                List.of(SignalEntry.of(key(0), FIRST, 1, 1, 3, sha256).format());
        Files.write(folder.resolve("index.jsonl"), second, StandardOpenOption.APPEND);
        try (SignalStore store = SignalStore.openToRead(folder)) {
            assertThat(missing(store)).isEmpty();
            assertThat(store.contains(key(7))).isFalse();
            assertThat(store.damaged()).isEqualTo(bad.size());
        }
    }

    @Test
    void aShardOfOtherNumbersIsAnErrorThatNamesIt() throws IOException {
        Path folder = write(temp.resolve("store"));
        ByteBuffer ids = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
        Path shard = folder.resolve("signals-00003.safetensors");
        new SafetensorsWriter()
                .bytes("ids", WeightDtype.I32, new long[] {1, 2}, () -> ids)
                .floats("logprobs", WeightDtype.F32, new long[] {1, 2}, () -> FloatBuffer.wrap(new float[] {5, 4}))
                .writeFile(shard);
        SignalEntry entry = SignalEntry.of(key(7), "signals-00003.safetensors", 0, 1, 2, RunRecord.sha256(shard));
        Files.write(folder.resolve("index.jsonl"), List.of(entry.format()), StandardOpenOption.APPEND);
        try (SignalStore store = SignalStore.openToRead(folder)) {
            assertThatIOException()
                    .isThrownBy(() -> store.get(key(7)))
                    .withMessage(shard + ": top-k log-probabilities: position 0: 5.0 is no log-probability; delete the"
                            + " shard to have its signals made again");
        }
    }
}
