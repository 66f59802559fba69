package dev.retort.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataCatalogueTest {

    private static final byte[] TEXT = "{\"question\":\"1+1\"}\n".getBytes(StandardCharsets.UTF_8);

    @TempDir
    Path folder;

    private HttpServer server;
    private ExecutorService threads;
    private final List<String> asked = new CopyOnWriteArrayList<>();
    private final CountDownLatch testEnds = new CountDownLatch(1);

    @BeforeEach
    void serve() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        threads = Executors.newCachedThreadPool();
        server.setExecutor(threads);
        server.start();
    }

    @AfterEach
    void stop() {
        testEnds.countDown();
        server.stop(0);
        threads.shutdownNow();
    }

    private URI answer(String path, int status, byte[] body) {
        server.createContext(path, exchange -> {
            asked.add(path);
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        return uri(path);
    }

    private URI uri(String path) {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + path);
    }

    private static String sha256(byte[] bytes) {
        return HexFormat.of().formatHex(SeededRandom.sha256(bytes));
    }

    private static byte[] gzip(byte[] content) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
            out.write(content);
        }
        return bytes.toByteArray();
    }

    private static DataFile file(String path, String storedHash, URI... urls) {
        return new DataFile(path, List.of(urls), storedHash, sha256(TEXT), TEXT.length, null, null, null);
    }

    private DataCatalogue catalogue(DataFile... files) {
        return new DataCatalogue(
                List.of(new DataSet(
                        "set", List.of(), "MIT", true, null, "github.com/a/b", "see there", List.of(files))),
                folder.resolve("data"),
                folder.resolve("cache"),
                Duration.ofSeconds(60));
    }

    private Path put(String where, byte[] bytes) throws IOException {
        Path file = folder.resolve(where);
        Files.createDirectories(file.getParent());
        return Files.write(file, bytes);
    }

    @Test
    void looksInTheDataFolderThenInTheCache() throws IOException {
        DataCatalogue catalogue = catalogue(file("set/a.jsonl", sha256(TEXT)));
        Path cached = put("cache/set/a.jsonl", TEXT);
        assertThat(catalogue.resolve("set", "a.jsonl")).isEqualTo(cached);

        Path own = put("data/set/a.jsonl", TEXT);
        assertThat(catalogue.resolve("set", "a.jsonl")).isEqualTo(own);
    }

    @Test
    void saysWhatToDownloadAndWhereToPutIt() {
        DataCatalogue catalogue = catalogue(
                file("set/a.jsonl.gz", sha256(TEXT), URI.create("https://example.org/a.jsonl")),
                file("set/b.jsonl", sha256(TEXT)));

        assertThatThrownBy(() -> catalogue.resolve("set", "a.jsonl.gz"))
                .isInstanceOf(NoSuchFileException.class)
                .hasMessage("data file set/a.jsonl.gz is neither in RETORT_DATA (" + folder.resolve("data")
                        + ") nor in the cache (" + folder.resolve("cache") + "); run `retort data fetch set`,"
                        + " or download https://example.org/a.jsonl and put it at "
                        + folder.resolve("cache/set/a.jsonl.gz") + " (gzipped)");
        assertThatThrownBy(() -> catalogue.resolve("set", "b.jsonl"))
                .isInstanceOf(NoSuchFileException.class)
                .message()
                .endsWith("nobody offers it as one file: make it from github.com/a/b (see there) and put it at "
                        + folder.resolve("cache/set/b.jsonl"));
        assertThatThrownBy(() -> catalogue.fetch("set")).isInstanceOf(IOException.class);
    }

    @Test
    void unknownNamesNameTheNearest() {
        DataCatalogue catalogue = catalogue(file("set/a.jsonl", sha256(TEXT)));

        assertThatThrownBy(() -> catalogue.resolve("sett", "a.jsonl"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("no data set is named sett; the nearest is set. `retort data list` prints them all");
        assertThatThrownBy(() -> catalogue.resolve("set", "../a.jsonl"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("data set set has no file ../a.jsonl; the nearest is a.jsonl");
    }

    @Test
    void fetchesVerifiesAndKeeps() throws IOException {
        DataCatalogue catalogue = catalogue(
                file("set/plain.jsonl", sha256(TEXT), answer("/plain", 200, TEXT)),
                file("set/sub/zipped.jsonl.gz", sha256(new byte[0]), answer("/unzipped", 200, TEXT)),
                file("set/again.jsonl.gz", sha256(new byte[0]), answer("/zipped", 200, gzip(TEXT))));

        List<Path> paths = catalogue.fetch("set");

        assertThat(paths)
                .containsExactly(
                        folder.resolve("cache/set/plain.jsonl"),
                        folder.resolve("cache/set/sub/zipped.jsonl.gz"),
                        folder.resolve("cache/set/again.jsonl.gz"));
        for (Path path : paths) {
            try (BufferedReader reader = JsonLines.open(path)) {
                assertThat(reader.readLine()).isEqualTo("{\"question\":\"1+1\"}");
            }
        }
        assertThat(catalogue.check()).extracting(DataFileStatus::state).containsOnly(DataFileStatus.State.OK);
        assertThat(catalogue.resolve("set", "sub/zipped.jsonl.gz")).isEqualTo(paths.get(1));

        assertThat(catalogue.fetch("set")).isEqualTo(paths);
        assertThat(asked).containsExactly("/plain", "/unzipped", "/zipped");
    }

    @Test
    void triesTheNextAddressAndFollowsRedirects() throws IOException {
        answer("/good", 200, TEXT);
        server.createContext("/moved", exchange -> {
            exchange.getResponseHeaders().add("Location", uri("/good").toString());
            exchange.sendResponseHeaders(302, -1);
            exchange.close();
        });
        DataCatalogue catalogue = catalogue(file(
                "set/a.jsonl",
                sha256(TEXT),
                answer("/gone", 404, TEXT),
                answer("/other", 200, new byte[3]),
                uri("/moved")));

        assertThat(catalogue.fetch("set").get(0)).hasBinaryContent(TEXT);
    }

    @Test
    void otherContentIsNeverKept() throws IOException {
        byte[] changed = TEXT.clone();
        changed[0] ^= 1;
        DataCatalogue catalogue = catalogue(file("set/a.jsonl", sha256(TEXT), answer("/changed", 200, changed)));

        assertThatThrownBy(() -> catalogue.fetch("set"))
                .isInstanceOf(IOException.class)
                .hasMessage("could not fetch set/a.jsonl: " + uri("/changed") + ": sent 19 bytes with sha256 "
                        + sha256(changed) + " where the catalogue says 19 bytes with sha256 " + sha256(TEXT)
                        + "; get it from github.com/a/b and put it at " + folder.resolve("cache/set/a.jsonl"));
        assertThat(folder.resolve("cache")).doesNotExist();
    }

    @Test
    void aBodyThatIsTooLongIsCutOff() {
        DataCatalogue catalogue = catalogue(file("set/a.jsonl", sha256(TEXT), answer("/long", 200, new byte[1 << 20])));

        assertThatThrownBy(() -> catalogue.fetch("set"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("sends more than the 1043 bytes it may");
    }

    @Test
    void aGzipBombIsCutOff() throws IOException {
        DataCatalogue catalogue =
                catalogue(file("set/a.jsonl.gz", sha256(TEXT), answer("/bomb", 200, gzip(new byte[1 << 18]))));

        assertThatThrownBy(() -> catalogue.fetch("set"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("where the catalogue says 19 bytes");
    }

    @Test
    void aServerThatStallsIsGivenUp() {
        server.createContext("/stalls", exchange -> {
            exchange.sendResponseHeaders(200, TEXT.length);
            exchange.getResponseBody().write(TEXT, 0, 3);
            exchange.getResponseBody().flush();
            try {
                testEnds.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        DataCatalogue catalogue = new DataCatalogue(
                List.of(new DataSet(
                        "set",
                        null,
                        "MIT",
                        true,
                        null,
                        "here",
                        null,
                        List.of(file("set/a", sha256(TEXT), uri("/stalls"))))),
                null,
                folder.resolve("cache"),
                Duration.ofMillis(300));

        assertThatThrownBy(() -> catalogue.fetch("set"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(uri("/stalls") + ": no answer within 300 ms");
    }

    @Test
    void onlyHttpsOrThisMachineIsAsked() {
        for (String url : List.of("http://example.org/a", "file:///etc/passwd", "ftp://example.org/a")) {
            DataCatalogue catalogue = catalogue(file("set/a.jsonl", sha256(TEXT), URI.create(url)));
            assertThatThrownBy(() -> catalogue.fetch("set")).hasMessageContaining(url + ": not an https address");
        }
    }

    @Test
    void checkTellsMissingAndDifferent() throws IOException {
        DataCatalogue catalogue = catalogue(
                file("set/ok.gz", sha256(gzip(TEXT))),
                file("set/regzipped.gz", sha256(new byte[0])),
                file("set/torn.gz", sha256(new byte[0])),
                file("set/notgzip.gz", sha256(new byte[0])),
                file("set/changed", sha256(TEXT)),
                file("set/missing", sha256(TEXT)));
        put("data/set/ok.gz", gzip(TEXT));
        put("data/set/regzipped.gz", gzip(TEXT));
        put("data/set/torn.gz", Arrays.copyOf(gzip(TEXT), 20));
        put("data/set/notgzip.gz", TEXT);
        Path changed = put("data/set/changed", new byte[TEXT.length]);

        assertThat(catalogue.check())
                .extracting(DataFileStatus::state)
                .containsExactly(
                        DataFileStatus.State.OK,
                        DataFileStatus.State.OK,
                        DataFileStatus.State.DIFFERENT,
                        DataFileStatus.State.DIFFERENT,
                        DataFileStatus.State.DIFFERENT,
                        DataFileStatus.State.MISSING);
        assertThat(catalogue.check().get(4).path()).isEqualTo(changed);
        assertThat(catalogue.check().get(5).path()).isNull();
    }

    @Test
    void aDifferentFileInTheDataFolderIsNotTouched() throws IOException {
        DataCatalogue catalogue = catalogue(file("set/a.jsonl", sha256(TEXT), answer("/a", 200, TEXT)));
        Path own = put("data/set/a.jsonl", new byte[] {1});

        assertThatThrownBy(() -> catalogue.fetch("set"))
                .isInstanceOf(IOException.class)
                .message()
                .startsWith(own + ": its content is not the catalogued one");
        assertThat(own).hasBinaryContent(new byte[] {1});
        assertThat(asked).isEmpty();
    }

    @Test
    void aDifferentFileInTheCacheIsReplaced() throws IOException {
        DataCatalogue catalogue = catalogue(file("set/a.jsonl", sha256(TEXT), answer("/a", 200, TEXT)));
        Path cached = put("cache/set/a.jsonl", new byte[] {1});

        catalogue.fetch("set");

        assertThat(cached).hasBinaryContent(TEXT);
    }

    @Test
    void thePackedCatalogueIsSound() {
        List<DataSet> sets = DataCatalogue.standard().sets();

        assertThat(sets)
                .extracting(DataSet::name)
                .isSorted()
                .doesNotHaveDuplicates()
                .hasSize(23);
        assertThat(sets)
                .extracting(DataSet::name)
                .contains("gsm8k", "svamp", "distilling_step_by_step", "math", "tdg_math");
        assertThat(sets).allSatisfy(set -> {
            assertThat(set.papers()).isNotEmpty().isSubsetOf("step-by-step", "system2", "minillm", "negative", "tapir");
            assertThat(set.source()).startsWith("github.com/");
            assertThat(set.files()).allSatisfy(file -> {
                assertThat(file.licence()).isNotBlank();
                assertThat(file.urls()).allSatisfy(url -> {
                    assertThat(url.getScheme()).isEqualTo("https");
                    assertThat(url.getHost()).isEqualTo("raw.githubusercontent.com");
                });
                assertThat(file.urls().isEmpty()).isEqualTo(set.name().equals("tdg_math"));
                assertThat(file.gzipped() || file.sha256().equals(file.contentSha256()))
                        .isTrue();
            });
        });
        assertThat(sets)
                .filteredOn(set -> set.licence().contains("NC"))
                .allSatisfy(set -> assertThat(set.redistributable()).isFalse());
    }

    @Test
    @Tag("shared-data")
    void theSharedDataAreTheCatalogued() throws IOException {
        Assumptions.assumeTrue(System.getenv("RETORT_DATA") != null, "RETORT_DATA is not set: needs shared data");

        assertThat(DataCatalogue.standard().check()).hasSize(111).allSatisfy(status -> assertThat(status.state())
                .as(status.file().path())
                .isEqualTo(DataFileStatus.State.OK));
    }
}
