package dev.retort.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.net.URI;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ModelHubTest {

    private static final String TOKEN = "hf_averysecrettoken";
    private static final String SPEC = "hf:org/name@main";
    private static final String LISTING = "GET /api/models/org/name/revision/main";
    private static final String WEIGHTS = "the weights of a model, which are longer than all else";

    @TempDir
    private Path folder;

    private FakeHub server;
    private final FakeMachine machine = new FakeMachine();

    @BeforeEach
    void start() throws IOException {
        server = new FakeHub();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private Path cache() {
        return folder.resolve("hub");
    }

    private Path repository() {
        return cache().resolve("models--org--name");
    }

    private Path snapshot() {
        return repository().resolve("snapshots").resolve(FakeHub.COMMIT);
    }

    private Path blob(String content) {
        return repository().resolve("blobs").resolve(FakeHub.sha256(content));
    }

    private ModelHub hub(String token, boolean offline) {
        return new ModelHub(server.address(), cache(), token, offline, Duration.ofSeconds(20), machine);
    }

    private ModelHub hub() {
        return hub(null, false);
    }

    private String failure(String spec, ModelHub hub) {
        Throwable thrown = catchThrowable(() -> hub.fetch(spec));
        assertThat(thrown).isInstanceOf(IOException.class).hasMessageNotContaining(TOKEN);
        assertThat(thrown.getMessage().lines()).hasSize(1);
        return thrown.getMessage();
    }

    private String failure() {
        return failure(SPEC, hub());
    }

    /** A repository with a configuration and weights in one file. */
    private void small() {
        server.lists("config.json", "model.safetensors")
                .has("config.json", "{}")
                .has("model.safetensors", WEIGHTS);
    }

    private long contentRequests() {
        return server.requests.stream()
                .filter(request -> request.startsWith("GET " + FakeHub.path("")))
                .count();
    }

    @Test
    void laysTheCacheOutAsThePythonLibraryDoes() throws Exception {
        server.lists("README.md", "config.json", "model.safetensors", "pytorch_model.bin", "tokenizer.json", "../up")
                .has("config.json", "{}")
                .has("tokenizer.json", "{\"version\": 1}")
                .has("model.safetensors", WEIGHTS);

        assertThat(hub().fetch("hf:org/name")).isEqualTo(snapshot());

        assertThat(repository().resolve("refs/main")).hasContent(FakeHub.COMMIT);
        try (Stream<Path> files = Files.list(snapshot())) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder("config.json", "model.safetensors", "tokenizer.json");
        }
        assertThat(Files.readSymbolicLink(snapshot().resolve("model.safetensors")))
                .isEqualTo(Path.of("../../blobs", FakeHub.sha256(WEIGHTS)));
        assertThat(snapshot().resolve("model.safetensors")).hasContent(WEIGHTS);
        try (Stream<Path> blobs = Files.list(repository().resolve("blobs"))) {
            assertThat(blobs).containsExactlyInAnyOrder(blob("{}"), blob("{\"version\": 1}"), blob(WEIGHTS));
        }
        assertThat(server.requests)
                .containsExactly(
                        LISTING,
                        "HEAD " + FakeHub.path("config.json"),
                        "HEAD " + FakeHub.path("tokenizer.json"),
                        "GET " + FakeHub.path("config.json"),
                        "GET " + FakeHub.path("tokenizer.json"),
                        "HEAD " + FakeHub.path("model.safetensors"),
                        "GET " + FakeHub.path("model.safetensors"));
        assertThat(server.tokens).isEmpty();
    }

    @Test
    void asksOnlyForTheListingWhereAllIsThere() throws Exception {
        small();
        hub().fetch(SPEC);
        server.requests.clear();

        assertThat(hub().fetch(SPEC)).isEqualTo(snapshot());
        assertThat(server.requests).containsExactly(LISTING);
    }

    @Test
    void takesContentOfAnotherCommitFromTheCache() throws Exception {
        small();
        hub().fetch(SPEC);
        String next = "f".repeat(40);
        server.route("/api/models/org/name/revision/main", FakeHub.listing(next, "config.json", "model.safetensors"))
                .route("/org/name/resolve/" + next + "/config.json", sent(next, "{\"a\": 1}"))
                .route("/org/name/resolve/" + next + "/model.safetensors", sent(next, WEIGHTS));
        server.requests.clear();

        Path fetched = hub().fetch(SPEC);

        assertThat(fetched).isEqualTo(repository().resolve("snapshots").resolve(next));
        assertThat(fetched.resolve("config.json")).hasContent("{\"a\": 1}");
        assertThat(fetched.resolve("model.safetensors")).hasContent(WEIGHTS);
        assertThat(snapshot().resolve("config.json")).hasContent("{}");
        assertThat(repository().resolve("refs/main")).hasContent(next);
        assertThat(server.requests).doesNotContain("GET /org/name/resolve/" + next + "/model.safetensors");
    }

    private static HttpHandler sent(String commit, String content) {
        return exchange -> {
            exchange.getResponseHeaders().set("X-Linked-Etag", FakeHub.sha256(content));
            exchange.getResponseHeaders().set("X-Repo-Commit", commit);
            boolean head = exchange.getRequestMethod().equals("HEAD");
            byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, head ? -1 : bytes.length);
            if (!head) {
                exchange.getResponseBody().write(bytes);
            }
        };
    }

    @Test
    void fetchesTheShardsThatTheIndexNames() throws Exception {
        Path made = folder.resolve("made");
        Files.createDirectories(made);
        new SafetensorsWriter()
                .floats("a", WeightDtype.F32, new long[] {2}, () -> FloatBuffer.wrap(new float[] {1, 2}))
                .floats("b", WeightDtype.F32, new long[] {2}, () -> FloatBuffer.wrap(new float[] {3, 4}))
                .writeFolder(made, 8);
        List<String> names = new ArrayList<>(List.of("config.json"));
        try (Stream<Path> files = Files.list(made)) {
            files.forEach(file -> names.add(file.getFileName().toString()));
        }
        names.add("model-00009-of-00009.safetensors");
        server.lists(names.toArray(String[]::new)).has("config.json", "{}");
        for (String name : names.subList(1, names.size() - 1)) {
            server.has(name, Files.readAllBytes(made.resolve(name)));
        }

        Path fetched = hub().fetch(SPEC);

        try (SafetensorsFolder weights = SafetensorsFolder.open(fetched)) {
            assertThat(weights.names()).containsExactlyInAnyOrder("a", "b");
            assertThat(Fixtures.floats(weights, "b")).containsExactly(3, 4);
        }
        assertThat(fetched.resolve("model-00009-of-00009.safetensors")).doesNotExist();
    }

    @Test
    void fetchesAnAdapterWithoutAModel() throws Exception {
        server.lists("adapter_config.json", "adapter_model.safetensors", "adapter_model.bin", "config.json")
                .has("config.json", "{}")
                .has("adapter_config.json", "{}")
                .has("adapter_model.safetensors", WEIGHTS);

        Path fetched = hub().fetch(SPEC);

        assertThat(fetched.resolve("adapter_model.safetensors")).hasContent(WEIGHTS);
        assertThat(hub(null, true).fetch(SPEC)).isEqualTo(fetched);
    }

    @Test
    void fetchesOneGgufFile() throws Exception {
        server.lists("README.md", "sub folder/model-Q4.gguf").has("sub%20folder/model-Q4.gguf", WEIGHTS);

        Path fetched = hub().fetch("hf:org/name@main/sub folder/model-Q4.gguf");

        assertThat(fetched)
                .isEqualTo(snapshot().resolve("sub folder/model-Q4.gguf"))
                .hasContent(WEIGHTS);
        assertThat(Files.readSymbolicLink(fetched)).isEqualTo(Path.of("../../../blobs", FakeHub.sha256(WEIGHTS)));
        assertThat(hub(null, true).fetch("hf:org/name/sub folder/model-Q4.gguf"))
                .isEqualTo(fetched);
        assertThat(failure("hf:org/name@main/other.gguf", hub()))
                .isEqualTo("hf:org/name@main/other.gguf: the repository has no file other.gguf; name one of its GGUF"
                        + " files as hf:org/name@revision/FILE: sub folder/model-Q4.gguf");
        assertThat(failure())
                .isEqualTo("hf:org/name@main: the repository has no model.safetensors; name one of its GGUF files as"
                        + " hf:org/name@revision/FILE: sub folder/model-Q4.gguf");
    }

    @Test
    void asksForARevisionWithSlashes() throws Exception {
        server.route(
                        "/api/models/org/name/revision/refs%2Fpr%2F1",
                        FakeHub.listing(FakeHub.COMMIT, "config.json", "model.safetensors"))
                .has("config.json", "{}")
                .has("model.safetensors", WEIGHTS);

        hub().fetch("hf:org/name@refs/pr/1");

        assertThat(repository().resolve("refs/refs/pr/1")).hasContent(FakeHub.COMMIT);
    }

    @Test
    void keepsNoReferenceForACommit() throws Exception {
        small();
        server.route(
                "/api/models/org/name/revision/" + FakeHub.COMMIT,
                FakeHub.listing(FakeHub.COMMIT, "config.json", "model.safetensors"));

        assertThat(hub().fetch("hf:org/name@" + FakeHub.COMMIT)).isEqualTo(snapshot());
        assertThat(repository().resolve("refs")).doesNotExist();
        assertThat(hub(null, true).fetch("hf:org/name@" + FakeHub.COMMIT)).isEqualTo(snapshot());
    }

    @Test
    void sendsTheTokenToTheHubAlone() throws Exception {
        try (FakeHub storage = new FakeHub()) {
            server.lists("config.json", "model.safetensors")
                    .route(FakeHub.path("config.json"), FakeHub.redirect(307, "/moved/config.json?x=1"))
                    .route("/moved/config.json", FakeHub.bytes("{}", FakeHub.sha256("{}")))
                    .route(
                            FakeHub.path("model.safetensors"),
                            FakeHub.linked(storage.address() + "/signed/weights?signature=secret", WEIGHTS));
            storage.route("/signed/weights", FakeHub.redirect(302, server.address() + "/back"));
            server.route("/back", FakeHub.redirect(302, storage.address() + "/blob"));
            storage.route("/blob", FakeHub.bytes(WEIGHTS, "other-etag"));

            Path fetched = hub(TOKEN, false).fetch(SPEC);

            assertThat(fetched.resolve("model.safetensors")).hasContent(WEIGHTS);
            assertThat(storage.requests).containsExactly("GET /signed/weights", "GET /blob");
            assertThat(storage.tokens).isEmpty();
            // Listing, two for the configuration at each of its addresses, two for the weights; not for the way back.
            assertThat(server.requests).hasSize(8);
            assertThat(server.tokens).hasSize(7).containsOnly("Bearer " + TOKEN);
            try (Stream<Path> files = Files.walk(folder)) {
                assertThat(files.filter(Files::isRegularFile))
                        .isNotEmpty()
                        .allSatisfy(file -> assertThat(Files.readString(file)).doesNotContain(TOKEN));
            }
        }
    }

    @Test
    void asksTheHubForANewAddressWhereStorageRefuses() throws Exception {
        try (FakeHub storage = new FakeHub()) {
            server.lists("config.json", "model.safetensors")
                    .has("config.json", "{}")
                    .route(
                            FakeHub.path("model.safetensors"),
                            FakeHub.inTurn(
                                    FakeHub.linked(storage.address() + "/old?signature=secret", WEIGHTS),
                                    FakeHub.linked(storage.address() + "/new?signature=secret", WEIGHTS)));
            storage.route("/old", FakeHub.status(403)).route("/new", FakeHub.bytes(WEIGHTS, "x"));

            assertThat(hub(TOKEN, false).fetch(SPEC).resolve("model.safetensors"))
                    .hasContent(WEIGHTS);

            Files.delete(blob(WEIGHTS));
            storage.route("/new", FakeHub.status(403));
            assertThat(failure(SPEC, hub(TOKEN, false)))
                    .isEqualTo("hf:org/name@main: the storage " + storage.address()
                            + " answers with status 403 for model.safetensors (5 attempts); check the network and"
                            + " HF_ENDPOINT, or try again later");
        }
    }

    @Test
    void goesOnWhereADownloadWasCut() throws Exception {
        small();
        server.route(
                FakeHub.path("model.safetensors"),
                FakeHub.inTurn(
                        FakeHub.cutAfter(10, WEIGHTS, FakeHub.sha256(WEIGHTS)),
                        FakeHub.cutAfter(7, WEIGHTS, FakeHub.sha256(WEIGHTS)),
                        FakeHub.bytes(WEIGHTS, FakeHub.sha256(WEIGHTS))));

        assertThat(hub().fetch(SPEC).resolve("model.safetensors")).hasContent(WEIGHTS);

        assertThat(server.requests)
                .endsWith(
                        "GET " + FakeHub.path("model.safetensors"),
                        "GET " + FakeHub.path("model.safetensors") + " bytes=10-",
                        "GET " + FakeHub.path("model.safetensors") + " bytes=17-");
        assertThat(machine.sleeps).containsExactly(Duration.ofSeconds(1), Duration.ofSeconds(2));
    }

    @Test
    void goesOnWhereAnEarlierFetchGaveUp() throws Exception {
        small();
        server.route(FakeHub.path("model.safetensors"), FakeHub.cutAfter(3, WEIGHTS, FakeHub.sha256(WEIGHTS)));

        assertThat(failure())
                .startsWith("hf:org/name@main: ")
                .endsWith("(5 attempts); check the network and HF_ENDPOINT, or try again later");
        assertThat(machine.sleeps)
                .containsExactly(
                        Duration.ofSeconds(1), Duration.ofSeconds(2), Duration.ofSeconds(4), Duration.ofSeconds(8));
        assertThat(blob(WEIGHTS)).doesNotExist();
        assertThat(Path.of(blob(WEIGHTS) + ".incomplete")).hasContent(WEIGHTS.substring(0, 15));
        assertThat(repository().resolve("refs")).doesNotExist();

        server.has("model.safetensors", WEIGHTS);
        assertThat(hub().fetch(SPEC).resolve("model.safetensors")).hasContent(WEIGHTS);
        assertThat(server.requests).endsWith("GET " + FakeHub.path("model.safetensors") + " bytes=15-");
        assertThat(Path.of(blob(WEIGHTS) + ".incomplete")).doesNotExist();
    }

    private void incomplete(String part) throws IOException {
        Files.createDirectories(repository().resolve("blobs"));
        Files.writeString(Path.of(blob(WEIGHTS) + ".incomplete"), part);
    }

    @Test
    void beginsAnewWhereTheServerKnowsNoRanges() throws Exception {
        small();
        server.route(FakeHub.path("model.safetensors"), sent(FakeHub.COMMIT, WEIGHTS));
        incomplete(WEIGHTS.substring(0, 9));

        assertThat(hub().fetch(SPEC).resolve("model.safetensors")).hasContent(WEIGHTS);
    }

    @Test
    void beginsAnewWhereTheServerRefusesTheRange() throws Exception {
        small();
        incomplete(WEIGHTS.substring(0, 9));
        server.route(
                FakeHub.path("model.safetensors"),
                FakeHub.inTurn(FakeHub.status(416), FakeHub.bytes(WEIGHTS, FakeHub.sha256(WEIGHTS))));

        assertThat(hub().fetch(SPEC).resolve("model.safetensors")).hasContent(WEIGHTS);
        assertThat(server.requests).endsWith("GET " + FakeHub.path("model.safetensors"));
    }

    @Test
    void beginsAnewWhereThePartThatIsThereIsWrong() throws Exception {
        small();
        incomplete("something else");
        assertThat(hub().fetch(SPEC).resolve("model.safetensors")).hasContent(WEIGHTS);

        Files.delete(blob(WEIGHTS));
        incomplete(WEIGHTS + " and more");
        assertThat(hub().fetch(SPEC).resolve("model.safetensors")).hasContent(WEIGHTS);

        Files.delete(blob(WEIGHTS));
        incomplete("x".repeat(WEIGHTS.length()));
        assertThat(hub().fetch(SPEC).resolve("model.safetensors")).hasContent(WEIGHTS);
    }

    @Test
    void takesAWholePartWithoutAskingAgain() throws Exception {
        small();
        incomplete(WEIGHTS);

        assertThat(hub().fetch(SPEC).resolve("model.safetensors")).hasContent(WEIGHTS);
        assertThat(server.requests).doesNotContain("GET " + FakeHub.path("model.safetensors"));
    }

    @Test
    void replacesABlobOfAnotherLength() throws Exception {
        small();
        Files.createDirectories(repository().resolve("blobs"));
        Files.writeString(blob(WEIGHTS), "cut");

        assertThat(hub().fetch(SPEC).resolve("model.safetensors")).hasContent(WEIGHTS);
    }

    @Test
    void refusesAnotherLength() throws Exception {
        try (FakeHub storage = new FakeHub()) {
            small();
            server.route(FakeHub.path("model.safetensors"), FakeHub.linked(storage.address() + "/x", WEIGHTS));
            storage.route("/x", FakeHub.bytes(WEIGHTS + "!", "x"));

            assertThat(failure())
                    .isEqualTo("hf:org/name@main: the storage " + storage.address()
                            + " sends 55 bytes of model.safetensors, not the 54 that the hub says it has; try again"
                            + " later, or check HF_ENDPOINT");

            // In chunks, so that the length comes to light only at the end.
            storage.route("/x", exchange -> {
                exchange.sendResponseHeaders(200, 0);
                exchange.getResponseBody().write((WEIGHTS + "!").getBytes(StandardCharsets.UTF_8));
            });
            assertThat(failure()).contains("model.safetensors has more than the 54 bytes that it may have");
            storage.route("/x", exchange -> {
                exchange.sendResponseHeaders(200, 0);
                exchange.getResponseBody().write("short".getBytes(StandardCharsets.UTF_8));
            });
            assertThat(failure()).contains("model.safetensors was cut after 5 of 54 bytes");
            assertThat(blob(WEIGHTS)).doesNotExist();
            assertThat(snapshot().resolve("model.safetensors")).doesNotExist();
        }
    }

    @Test
    void refusesAnotherHash() throws Exception {
        small();
        String forged = WEIGHTS.replace('t', 'T');
        server.route(FakeHub.path("model.safetensors"), FakeHub.bytes(forged, FakeHub.sha256(WEIGHTS)));

        assertThat(failure())
                .isEqualTo("hf:org/name@main: the content of model.safetensors has another sha256 than "
                        + FakeHub.sha256(WEIGHTS) + "; do not trust this source, or check HF_ENDPOINT");
        assertThat(contentRequests()).isEqualTo(2);
        assertThat(blob(WEIGHTS)).doesNotExist();
        assertThat(Path.of(blob(WEIGHTS) + ".incomplete")).isEmptyFile();
        assertThat(snapshot().resolve("model.safetensors")).doesNotExist();
        assertThat(repository().resolve("refs")).doesNotExist();

        incomplete("forged");
        assertThat(failure()).contains("has another sha256");
    }

    @Test
    void namesTheRepositoryAndRevisionThatTheHubHasNot() {
        assertThat(failure("hf:org/name@v2", hub()))
                .isEqualTo("hf:org/name@v2: the hub " + server.address()
                        + " has no repository org/name with revision v2 (status 404); check both at "
                        + server.address() + "/org/name");
        assertThat(machine.sleeps).isEmpty();
    }

    @Test
    void namesTheFileThatTheHubHasNot() {
        server.lists("config.json", "model.safetensors").has("config.json", "{}");

        assertThat(failure())
                .isEqualTo("hf:org/name@main: the hub " + server.address()
                        + " has no file model.safetensors in org/name at revision main (status 404); check it at "
                        + server.address() + "/org/name");
    }

    @ParameterizedTest
    @ValueSource(ints = {401, 403})
    void asksForATokenWhereTheHubRefuses(int status) {
        server.route("/api/models/org/name/revision/main", FakeHub.status(status));
        String refusal = "hf:org/name@main: the hub " + server.address() + " refuses access (status " + status
                + "): org/name does not exist, or is private or gated; check the name, set HF_TOKEN";
        String terms = " that may read it, and accept its terms at " + server.address() + "/org/name if it has some";

        assertThat(failure()).isEqualTo(refusal + terms);
        assertThat(failure(SPEC, hub(TOKEN, false))).isEqualTo(refusal + " to another token, one" + terms);
        assertThat(machine.sleeps).isEmpty();
    }

    @Test
    void hidesATokenThatTheHubSendsBack() {
        server.lists(TOKEN + ".gguf");

        assertThat(failure(SPEC, hub(TOKEN, false))).endsWith("/FILE: ***.gguf");
    }

    @Test
    void refusesATokenThatIsNone() {
        assertThatThrownBy(() -> hub(TOKEN + "\nX-Other: 1", false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("HF_TOKEN has characters that no token has; set it to the token alone");
    }

    @Test
    void waitsAsLongAsABusyServerAsks() throws Exception {
        small();
        server.route(
                "/api/models/org/name/revision/main",
                FakeHub.inTurn(
                        busy(429, "7"),
                        busy(503, "Thu, 01 Jan 1970 00:00:00 GMT"),
                        busy(500, "soon"),
                        FakeHub.listing(FakeHub.COMMIT, "config.json", "model.safetensors")));

        hub().fetch(SPEC);

        assertThat(machine.sleeps).containsExactly(Duration.ofSeconds(7), Duration.ZERO, Duration.ofSeconds(4));
    }

    private static HttpHandler busy(int status, String retryAfter) {
        return exchange -> {
            exchange.getResponseHeaders().set("Retry-After", retryAfter);
            exchange.sendResponseHeaders(status, -1);
        };
    }

    @Test
    void givesUpOnABusyServer() {
        server.route("/api/models/org/name/revision/main", FakeHub.status(502));
        assertThat(failure())
                .isEqualTo("hf:org/name@main: the hub " + server.address()
                        + " answers with status 502 (5 attempts); check the network and HF_ENDPOINT, or try"
                        + " again later");

        machine.sleeps.clear();
        server.route("/api/models/org/name/revision/main", busy(429, "3600"));
        assertThat(failure()).contains("status 429 and asks to wait 3600 s (1 attempt)");
        assertThat(machine.sleeps).isEmpty();
    }

    @Test
    void givesUpOnAServerThatStopsSending() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        small();
        server.route(FakeHub.path("model.safetensors"), exchange -> {
            if (exchange.getRequestMethod().equals("HEAD")) {
                FakeHub.bytes(WEIGHTS, FakeHub.sha256(WEIGHTS)).handle(exchange);
                return;
            }
            exchange.sendResponseHeaders(200, WEIGHTS.length());
            exchange.getResponseBody().flush();
            try {
                end.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        ModelHub impatient = new ModelHub(server.address(), cache(), null, false, Duration.ofMillis(300), machine);

        assertThat(failure(SPEC, impatient)).contains("the connection broke: nothing came for 300 ms (5 attempts)");
        end.countDown();
    }

    @Test
    void endsWhenItIsInterrupted() throws Exception {
        small();
        server.route(FakeHub.path("model.safetensors"), FakeHub.cutAfter(3, WEIGHTS, FakeHub.sha256(WEIGHTS)));
        machine.onSleep = () -> Thread.currentThread().interrupt();

        assertThatThrownBy(() -> hub().fetch(SPEC)).isInstanceOf(InterruptedException.class);
        assertThat(Path.of(blob(WEIGHTS) + ".incomplete")).hasContent(WEIGHTS.substring(0, 3));
    }

    @Test
    void offlineTakesWhatTheCacheHas() throws Exception {
        small();
        hub().fetch(SPEC);
        server.requests.clear();

        assertThat(hub(null, true).fetch(SPEC)).isEqualTo(snapshot());
        assertThat(server.requests).isEmpty();
    }

    @Test
    void offlineSaysWhatIsMissing() throws Exception {
        String advice = ", and HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE is set; unset it and run this again to download"
                + " it, or bring " + cache() + " from a machine that has it";
        assertThat(failure(SPEC, hub(null, true)))
                .isEqualTo("hf:org/name@main: the cache " + cache() + " lacks this revision" + advice);

        Files.createDirectories(repository().resolve("refs"));
        Files.writeString(repository().resolve("refs/main"), FakeHub.COMMIT);
        Files.createDirectories(snapshot());
        assertThat(failure(SPEC, hub(null, true)))
                .isEqualTo("hf:org/name@main: the cache " + cache() + " lacks config.json, model.safetensors" + advice);

        Files.writeString(snapshot().resolve("config.json"), "{}");
        Files.writeString(
                snapshot().resolve("model.safetensors.index.json"),
                "{\"weight_map\": {\"a\": \"model-1.safetensors\", \"b\": \"model-2.safetensors\"}}");
        Files.writeString(snapshot().resolve("model-1.safetensors"), "");
        assertThat(failure(SPEC, hub(null, true)))
                .isEqualTo("hf:org/name@main: the cache " + cache() + " lacks model-2.safetensors" + advice);
        assertThat(failure("hf:org/name@main/a.gguf", hub(null, true)))
                .isEqualTo("hf:org/name@main/a.gguf: the cache " + cache() + " lacks a.gguf" + advice);
        assertThat(server.requests).isEmpty();
    }

    @Test
    void tellsWithoutTheHubWhatTheCacheHas() throws Exception {
        assertThat(hub().cached(SPEC)).isEmpty();
        small();
        hub().fetch(SPEC);
        int asked = server.requests.size();

        assertThat(hub().cached(SPEC)).hasValue(snapshot());
        assertThat(hub().cached("hf:org/name@main/a.gguf")).isEmpty();
        Files.delete(snapshot().resolve("model.safetensors"));
        assertThat(hub().cached(SPEC)).isEmpty();
        assertThat(server.requests).hasSize(asked);
    }

    @Test
    void takesTheCacheWhereTheHubCannotBeReached() throws Exception {
        small();
        hub().fetch(SPEC);
        server.close();

        assertThat(hub().fetch(SPEC)).isEqualTo(snapshot());
        assertThat(machine.sleeps).isEmpty();
        assertThat(failure("hf:org/other", hub()))
                .startsWith("hf:org/other@main: the hub " + server.address() + " cannot be reached: ")
                .endsWith(" (5 attempts); check the network and HF_ENDPOINT, or try again later");
    }

    @Test
    void refusesWeightsThatAreNotRead() {
        server.lists("config.json", "pytorch_model.bin");
        assertThat(failure())
                .isEqualTo("hf:org/name@main: the repository has its weights as *.bin only, which are not read, as such"
                        + " a file can run code; choose a revision with safetensors, or convert it with transformers'"
                        + " save_pretrained");
        server.lists("README.md");
        assertThat(failure()).contains("the repository has no weights that are read");
        server.lists("model.safetensors");
        assertThat(failure()).contains("the repository has no config.json");
        assertThat(cache()).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"../../../escape", "/etc/passwd", "..", ".", "", "sub/model.safetensors", "a\\\\b", "a\\nb"})
    void refusesAShardThatIsAPath(String name) throws Exception {
        server.lists("config.json", "model.safetensors.index.json", "../../../escape", "/etc/passwd")
                .has("config.json", "{}")
                .has("model.safetensors.index.json", "{\"weight_map\": {\"w\": \"" + name + "\"}}");

        assertThat(failure()).contains("tensor w: the index puts it in ").contains("which is no file of the model");
        assertThat(snapshot().resolve("model.safetensors.index.json")).exists();
        assertThat(contentRequests()).isEqualTo(2);
    }

    @Test
    void refusesAShardThatTheRepositoryHasNot() {
        server.lists("config.json", "model.safetensors.index.json")
                .has("config.json", "{}")
                .has("model.safetensors.index.json", "{\"weight_map\": {\"w\": \"model-1.safetensors\"}}");

        assertThat(failure())
                .isEqualTo("hf:org/name@main: the repository has no file model-1.safetensors, though"
                        + " model.safetensors.index.json names it; choose another revision");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{} | gives no commit with a list of files",
                "[1] | gives no commit with a list of files",
                "{\"sha\": \"../../x\", \"siblings\": []} | gives no commit with a list of files",
                "{\"sha\": \"abc\", \"siblings\": 1} | gives no commit with a list of files",
                "{\"sha\": | lists the files in no valid JSON",
                "<html> | lists the files in no valid JSON",
                "{\"sha\": \"abc\", \"siblings\": [{\"rfilename\": null}, 3]} | has no weights that are read",
            })
    void refusesAListingThatIsNone(String json, String problem) {
        server.route("/api/models/org/name/revision/main", FakeHub.bytes(json, "x"));

        assertThat(failure()).contains(problem);
    }

    @Test
    void refusesAListingThatIsTooLong() {
        server.route("/api/models/org/name/revision/main", exchange -> {
            exchange.sendResponseHeaders(200, 0);
            byte[] blanks = " ".repeat(1 << 20).getBytes(StandardCharsets.UTF_8);
            for (int i = 0; i < 17; i++) {
                exchange.getResponseBody().write(blanks);
            }
        });

        assertThat(failure()).contains("lists the files in more than 16777216 bytes");
    }

    @Test
    void refusesAnotherCommitThanTheOneThatIsAskedFor() {
        String other = "e".repeat(40);
        server.route(
                "/api/models/org/name/revision/" + FakeHub.COMMIT,
                FakeHub.listing(other, "config.json", "model.safetensors"));
        assertThat(failure("hf:org/name@" + FakeHub.COMMIT, hub())).contains("answers with another commit");

        server.lists("config.json", "model.safetensors").route(FakeHub.path("config.json"), sent(other, "{}"));
        assertThat(failure()).contains("sends config.json of another commit than the one it was asked for");
    }

    @Test
    void refusesRedirectsWithoutEnd() {
        server.route("/api/models/org/name/revision/main", FakeHub.redirect(302, "/api/models/org/name/revision/main"));

        assertThat(failure()).contains("redirects more than 10 times");
        assertThat(server.requests).hasSize(11);
    }

    @ParameterizedTest
    @ValueSource(strings = {"file:///etc/passwd", "ftp://example.com/x", "http:///x", "http://[", "mailto:a@b"})
    void refusesRedirectsToOtherThanHttp(String location) {
        server.route("/api/models/org/name/revision/main", FakeHub.redirect(302, location));

        assertThat(failure()).contains("redirects to no http or https address").doesNotContain(location);
    }

    @Test
    void namesABlobByItsPathWhereTheEntityTagIsNoFileName() throws Exception {
        small();
        server.route(FakeHub.path("config.json"), FakeHub.bytes("{}", "../../../escape"))
                .route(FakeHub.path("model.safetensors"), FakeHub.bytes(WEIGHTS, "x.incomplete"));

        assertThat(hub().fetch(SPEC).resolve("model.safetensors")).hasContent(WEIGHTS);

        assertThat(Files.readSymbolicLink(snapshot().resolve("config.json")).toString())
                .matches("\\.\\./\\.\\./blobs/path-[0-9a-f]{64}");
        assertThat(folder.resolve("escape")).doesNotExist();
        assertThat(hub().fetch(SPEC)).isEqualTo(snapshot());
    }

    @Test
    void readsAWeakEntityTag() throws Exception {
        small();
        server.route(FakeHub.path("config.json"), exchange -> {
            exchange.getResponseHeaders().set("ETag", "W/\"abc-12\"");
            boolean head = exchange.getRequestMethod().equals("HEAD");
            exchange.sendResponseHeaders(200, head ? -1 : 2);
            if (!head) {
                exchange.getResponseBody().write(new byte[] {'{', '}'});
            }
        });

        hub().fetch(SPEC);

        assertThat(repository().resolve("blobs/abc-12")).hasContent("{}");
    }

    @Test
    void refusesASmallFileThatIsHuge() {
        small();
        server.route(FakeHub.path("config.json"), exchange -> {
            exchange.getResponseHeaders().set("X-Linked-Size", "100000001");
            exchange.sendResponseHeaders(200, -1);
        });

        assertThat(failure()).contains("config.json has more than the 100000000 bytes that it may have");
    }

    @Test
    void refusesAFileThatDoesNotFitOnTheDisk() {
        small();
        machine.room = 20;

        assertThat(failure())
                .isEqualTo("hf:org/name@main: needs 54 bytes more, but "
                        + repository().resolve("blobs")
                        + " has room for 20; free some, or set HF_HOME to a folder on a larger disk");
        assertThat(contentRequests()).isEqualTo(1);
    }

    @Test
    void refusesAFileOfUnknownLengthThatFillsTheDisk() {
        small();
        server.route(FakeHub.path("model.safetensors"), exchange -> {
            boolean head = exchange.getRequestMethod().equals("HEAD");
            exchange.sendResponseHeaders(200, head ? -1 : 0);
            if (!head) {
                exchange.getResponseBody().write(WEIGHTS.getBytes(StandardCharsets.UTF_8));
            }
        });
        machine.room = 20;

        assertThat(failure()).contains("model.safetensors has more than the 20 bytes that it may have");
    }

    @Test
    void refusesCompressedContent() {
        small();
        server.route(FakeHub.path("config.json"), exchange -> {
            exchange.getResponseHeaders().set("Content-Encoding", "gzip");
            FakeHub.bytes("{}", "x").handle(exchange);
        });

        assertThat(failure()).contains("sends config.json compressed, though plain bytes were asked for");
    }

    @Test
    void refusesAPartThatItDidNotAskFor() {
        small();
        server.route(FakeHub.path("config.json"), exchange -> {
            boolean head = exchange.getRequestMethod().equals("HEAD");
            exchange.sendResponseHeaders(head ? 200 : 206, head ? -1 : 2);
            if (!head) {
                exchange.getResponseBody().write(new byte[] {'{', '}'});
            }
        });

        assertThat(failure()).contains("answers with status 206 for config.json");
    }

    @ParameterizedTest
    @ValueSource(ints = {405, 501})
    void describesAFileByGetWhereTheHubKnowsNoHead(int status) throws Exception {
        small();
        server.route(FakeHub.path("model.safetensors"), exchange -> {
            if (exchange.getRequestMethod().equals("HEAD")) {
                exchange.sendResponseHeaders(status, -1);
            } else {
                FakeHub.bytes(WEIGHTS, FakeHub.sha256(WEIGHTS)).handle(exchange);
            }
        });

        assertThat(hub().fetch(SPEC).resolve("model.safetensors")).hasContent(WEIGHTS);
        assertThat(blob(WEIGHTS)).exists();
    }

    @Test
    void waitsForAnotherDownloadOfTheSameFile() throws Exception {
        small();
        Path locks = Files.createDirectories(cache().resolve(".locks/models--org--name"));
        try (FileChannel other = FileChannel.open(
                locks.resolve(FakeHub.sha256(WEIGHTS) + ".lock"),
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE)) {
            FileLock lock = other.lock();
            machine.onSleep = () -> {
                Files.writeString(blob(WEIGHTS), WEIGHTS);
                lock.release();
            };

            assertThat(hub().fetch(SPEC).resolve("model.safetensors")).hasContent(WEIGHTS);
        }
        assertThat(machine.sleeps).containsExactly(Duration.ofMillis(200));
        assertThat(server.requests).doesNotContain("GET " + FakeHub.path("model.safetensors"));
    }

    @Test
    void downloadsOnceForManyThreads() throws Exception {
        small();
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            Callable<Path> fetch = () -> new ModelHub(server.address(), cache(), null, false).fetch(SPEC);
            for (Future<Path> fetched : threads.invokeAll(List.of(fetch, fetch, fetch, fetch))) {
                assertThat(fetched.get().resolve("model.safetensors")).hasContent(WEIGHTS);
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(contentRequests()).isEqualTo(2);
    }

    @Test
    void tellsOfDownloadsThatTakeLong() throws Exception {
        small();
        server.route(
                FakeHub.path("model.safetensors"),
                FakeHub.inTurn(
                        FakeHub.cutAfter(10, WEIGHTS, FakeHub.sha256(WEIGHTS)),
                        FakeHub.bytes(WEIGHTS, FakeHub.sha256(WEIGHTS))));
        List<String> told = new ArrayList<>();
        ModelHub telling = hub().withListener((file, bytes, total) -> told.add(file + " " + bytes + " " + total));
        // The first reading is the start; the next two are 1.5 and 3 seconds later.
        machine.step = 1_500_000_000L;

        telling.fetch(SPEC);

        assertThat(told)
                .startsWith("config.json 2 2")
                .endsWith("model.safetensors 54 54")
                .allMatch(line -> line.startsWith("config.json 2 2") || line.matches("model.safetensors \\d+ 54"));

        told.clear();
        machine.step = 1_000;
        server.lists("config.json", "generation_config.json", "model.safetensors")
                .has("generation_config.json", "{\"quick\": 1}");
        telling.fetch(SPEC);
        assertThat(told).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "hf:org/name, org, name, main,",
        "hf:org/name@v1.0, org, name, v1.0,",
        "hf:my-org/a_b.c-1@refs/pr/12, my-org, a_b.c-1, refs/pr/12,",
        "hf:org/name@feature/x, org, name, feature/x,",
        "hf:org/name/m.gguf, org, name, main, m.gguf",
        "hf:org/name/sub/m.GGUF, org, name, main, sub/m.GGUF",
        "hf:org/name@v1/sub/m.gguf, org, name, v1, sub/m.gguf",
        "hf:org/name@refs/pr/1/m.gguf, org, name, refs/pr/1, m.gguf",
    })
    void readsASpecification(String text, String organisation, String name, String revision, String file) {
        assertThat(HubSpec.parse(text)).isEqualTo(new HubSpec(organisation, name, revision, file));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "org/name",
                "hf:",
                "hf:name",
                "hf:/name",
                "hf:org/",
                "hf:../name",
                "hf:org/..",
                "hf:org/na--me",
                "hf:org/na..me",
                "hf:org/name.git",
                "hf:-org/name",
                "hf:org/na me",
                "hf:org/name@",
                "hf:org/name@../x",
                "hf:org/name@a..b",
                "hf:org/name@/x",
                "hf:org/name@x/",
                "hf:org/name@.x",
                "hf:org/name@x.lock",
                "hf:org/name@a b",
                "hf:org/name@m.gguf",
                "hf:org/name@refs/pr/m.gguf",
                "hf:org/name@main/../m.gguf",
                "hf:org/name@main//m.gguf",
                "hf:org/name@main/a\\m.gguf",
                "hf:org/name@main/a\nm.gguf",
                "hf:org/name/config.json",
                "hf:org/name/sub@main",
            })
    void refusesASpecificationThatIsNone(String text) {
        assertThatThrownBy(() -> hub().fetch(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("model " + text.replace('\n', '?') + ": ")
                .hasMessageEndingWith("; give hf:org/name@revision or hf:org/name@revision/path/to/file.gguf");
        assertThat(server.requests).isEmpty();
    }

    private String offlineFailure(Map<String, String> environment) {
        return failure(SPEC, ModelHub.fromEnvironment(environment));
    }

    @Test
    void readsTheEnvironmentAsThePythonLibraryDoes() {
        assertThat(offlineFailure(Map.of("HF_HUB_OFFLINE", "1", "HOME", "/h")))
                .contains("the cache /h/.cache/huggingface/hub lacks");
        assertThat(offlineFailure(Map.of("TRANSFORMERS_OFFLINE", "true", "HOME", "/h", "XDG_CACHE_HOME", "/x")))
                .contains("the cache /x/huggingface/hub lacks");
        assertThat(offlineFailure(Map.of("HF_HUB_OFFLINE", "YES", "HOME", "/h", "HF_HOME", "~/hf")))
                .contains("the cache /h/hf/hub lacks");
        assertThat(offlineFailure(Map.of("HF_HUB_OFFLINE", "on", "HF_HOME", "/hf", "HF_HUB_CACHE", "/c")))
                .contains("the cache /c lacks");
        Map<String, String> online = Map.of(
                "HF_HUB_OFFLINE",
                "0",
                "TRANSFORMERS_OFFLINE",
                "1",
                "HF_ENDPOINT",
                server.address() + "/",
                "HF_HUB_CACHE",
                cache().toString(),
                "HF_TOKEN",
                " " + TOKEN + "\n");
        assertThat(failure(SPEC, ModelHub.fromEnvironment(online))).contains("has no repository org/name");
        assertThat(server.requests).containsExactly(LISTING);
        assertThat(server.tokens).containsExactly("Bearer " + TOKEN);
    }

    @ParameterizedTest
    @ValueSource(strings = {"huggingface.co", "ftp://hub", "https://", "https://user:secret@hub", "https://hub?secret"})
    void refusesAnEndpointThatIsNone(String endpoint) {
        assertThatThrownBy(() -> ModelHub.fromEnvironment(Map.of("HF_ENDPOINT", endpoint)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("HF_ENDPOINT ")
                .hasMessageNotContaining("secret");
    }

    @Test
    void worksBelowAPathOfTheEndpoint() throws Exception {
        server.route(
                        "/hub/v1/api/models/org/name/revision/main",
                        FakeHub.listing(FakeHub.COMMIT, "config.json", "model.safetensors"))
                .route("/hub/v1" + FakeHub.path("config.json"), FakeHub.bytes("{}", "x"))
                .route("/hub/v1" + FakeHub.path("model.safetensors"), FakeHub.bytes(WEIGHTS, "y"));
        ModelHub below = new ModelHub(URI.create(server.address() + "/hub/v1/"), cache(), null, false);

        assertThat(below.fetch(SPEC).resolve("model.safetensors")).hasContent(WEIGHTS);
    }
}
