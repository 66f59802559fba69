package dev.retort.signal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.batch.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RemoteSignalsTest {

    private static final int EOS = 2;

    @TempDir
    private Path folder;

    private FakeScoringServer server;

    @BeforeEach
    void start() throws IOException {
        server = new FakeScoringServer();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private VllmScorer vllm() {
        return new VllmScorer(server.settings(), 1);
    }

    private static List<RemoteSignals.Wanted> wanted(int count) {
        List<RemoteSignals.Wanted> wanted = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int[] tokens = {1, i % 12, 3, 4};
            wanted.add(new RemoteSignals.Wanted(SignalKey.of("m", "t", tokens, 2, 4, 1), tokens, 2));
        }
        return wanted;
    }

    @Test
    void everySequenceIsScoredAndStored() throws Exception {
        List<Integer> told = new ArrayList<>();
        try (SignalStore store = SignalStore.open(folder)) {
            assertThat(RemoteSignals.write(store, vllm(), wanted(5), 4, 12, 2, told::add, () -> false))
                    .isTrue();
        }
        assertThat(told).containsExactly(2, 4, 5);
        try (SignalStore store = SignalStore.openToRead(folder)) {
            for (RemoteSignals.Wanted one : wanted(5)) {
                assertThat(store.get(one.key())).contains(FakeScoringServer.topK(one.tokens(), 2, 4));
            }
        }
    }

    @Test
    void whatWasScoredBeforeAnErrorOrAStopStays() throws Exception {
        server.then(200, "{\"choices\":[{}]}");
        try (SignalStore store = SignalStore.open(folder)) {
            assertThatThrownBy(() -> RemoteSignals.write(store, vllm(), wanted(3), 4, 12, 1, done -> {}, () -> false))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("answers without prompt_logprobs");
            assertThat(store.keys()).isEmpty();
            AtomicInteger groups = new AtomicInteger();
            assertThat(RemoteSignals.write(
                            store, vllm(), wanted(5), 4, 12, 2, done -> {}, () -> groups.incrementAndGet() > 1))
                    .isFalse();
            assertThat(store.keys()).hasSize(2);
        }
    }

    @Test
    void idsThatTheStudentDoesNotHaveAreRefused() throws Exception {
        try (SignalStore store = SignalStore.open(folder)) {
            assertThatThrownBy(() -> RemoteSignals.write(store, vllm(), wanted(1), 12, 11, 1, done -> {}, () -> false))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("11");
        }
    }

    @Test
    void otherTokensAreRefused() throws Exception {
        try (Tokenizer student = Tokenizer.load(
                Path.of(System.getProperty("retort.root"), "toolkit/src/test/resources/models/tokenizer-bpe"))) {
            assertThatThrownBy(() -> RemoteSignals.requireSameTokens(vllm(), 12, student, List.of("abc")))
                    .isInstanceOf(IOException.class)
                    .hasMessageStartingWith("the teacher's tokenizer makes other ids of a text than the student's, from"
                            + " token 0 on (1 ids and ");
            assertThat(server.requests).containsExactly("POST /tokenize");
            String ids = Arrays.toString(student.encode("abc"));
            server.then(200, "{\"tokens\":" + ids + "}");
            RemoteSignals.requireSameTokens(vllm(), 12, student, List.of("abc"));

            LlamaCppScorer llama = new LlamaCppScorer(server.settings(), 1, EOS);
            assertThatThrownBy(() -> RemoteSignals.requireSameTokens(llama, 1024, student, List.of("abc")))
                    .isInstanceOf(IOException.class)
                    .hasMessage("the teacher's vocabulary has 12 ids and the student's 1024: choose models of one"
                            + " tokenizer");
            server.then(200, "{\"data\":[]}");
            server.then(200, "{\"tokens\":" + ids + "}");
            RemoteSignals.requireSameTokens(llama, 1024, student, List.of("abc"));
            assertThat(server.bodies.get(server.bodies.size() - 1).toString())
                    .isEqualTo("{\"content\":\"abc\",\"add_special\":false,\"parse_special\":true}");
            server.then(200, "{\"data\":[]}");
            server.then(200, "{\"tokens\":[\"a\"]}");
            assertThatThrownBy(() -> RemoteSignals.requireSameTokens(llama, 1024, student, List.of("abc")))
                    .hasMessageContaining("answers with tokens that are no ids");
        }
    }
}
