package dev.retort.pipelines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpServer;
import dev.retort.data.JsonLines;
import dev.retort.data.Rows;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import dev.retort.teacher.TeacherSpec;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On a Flink session cluster in processes of its own, with nothing but the shaded jar sent to it. */
@Tag("packaged")
@Tag("cluster")
class SampleJobClusterTest {

    @TempDir
    private static Path folder;

    private static String master;

    @BeforeAll
    static void start() throws Exception {
        assertThat(script("start.sh", "2")).as(() -> read("start.sh")).isZero();
        master = Files.readString(folder.resolve("cluster/rest")).strip();
    }

    @AfterAll
    static void stop() throws Exception {
        assertThat(script("stop.sh")).as(() -> read("stop.sh")).isZero();
    }

    /** Runs one of the cluster's scripts on its folder; what it says is in a file of its name. */
    private static int script(String name, String... more) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("retort.root"), "pipelines/cluster", name)
                .toString());
        command.add(folder.resolve("cluster").toString());
        command.addAll(List.of(more));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve(name).toFile());
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        // The second compiler would never pay, as in this JVM.
        builder.environment().put("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1");
        Process process = builder.start();
        assertThat(process.waitFor(10, TimeUnit.MINUTES)).as(name).isTrue();
        return process.exitValue();
    }

    private static String read(String name) {
        try {
            return Files.readString(folder.resolve(name));
        } catch (IOException e) {
            return e.toString();
        }
    }

    private static SampleRequest request(Path questions, String out, TeacherFactory teacher) {
        return SampleRequest.of(questions, folder.resolve(out), teacher)
                .withSamples(3)
                .withParams(SamplingParams.none().withSeed(3L));
    }

    private static SampleOutcome onCluster(SampleRequest request) throws Exception {
        return SampleJob.run(request, "--runner=FlinkRunner", "--parallelism=2", "--flinkMaster=" + master);
    }

    @Test
    void theClusterWritesTheDirectRunnersBytes() throws Exception {
        Path questions = Fixtures.questionsFile(folder, 200);
        TeacherFactory teacher = TeacherFactory.of(TeacherSpec.parse("scripted:last-letter"), 0.2);
        SampleOutcome direct = SampleJob.run(request(questions, "direct", teacher));
        SampleOutcome cluster = onCluster(request(questions, "on-cluster", teacher));
        assertThat(cluster)
                .usingRecursiveComparison()
                .ignoringFields("latencyMillis")
                .isEqualTo(direct);
        assertThat(cluster.failed()).isEqualTo(15);
        for (String name : new String[] {"samples.jsonl", "failures.jsonl", "malformed.jsonl"}) {
            assertThat(folder.resolve("on-cluster").resolve(name))
                    .isNotEmptyFile()
                    .hasBinaryContent(
                            Files.readAllBytes(folder.resolve("direct").resolve(name)));
        }
    }

    /** What pyarrow compressed with Snappy is read there, and what is written is what the Direct runner writes. */
    @Test
    void parquetGoesInAndOut() throws Exception {
        Path questions = Path.of("src/test/resources/parquet/questions.parquet");
        TeacherFactory teacher = TeacherFactory.of(TeacherSpec.parse("scripted:last-letter"), 0.2);
        SampleJob.run(request(questions, "parquet/direct", teacher), "--parquet");
        SampleJob.run(
                request(questions, "parquet/cluster", teacher),
                "--parquet",
                "--runner=FlinkRunner",
                "--parallelism=2",
                "--flinkMaster=" + master);
        for (String name : new String[] {"samples.jsonl", "malformed.jsonl"}) {
            assertThat(folder.resolve("parquet/cluster").resolve(name))
                    .isNotEmptyFile()
                    .hasBinaryContent(
                            Files.readAllBytes(folder.resolve("parquet/direct").resolve(name)));
        }
        // Rows and not bytes: in which order a footer names the encodings differs between processes.
        assertThat(StrictRows.read(folder.resolve("parquet/cluster/samples.parquet"), TeacherSample.class))
                .isNotEmpty()
                .isEqualTo(JsonLines.read(folder.resolve("parquet/direct/samples.jsonl"), TeacherSample.class));
    }

    @Test
    void aLocalTeacherIsOneLine() throws Exception {
        Path questions = Fixtures.questionsFile(Files.createDirectory(folder.resolve("local")), 4);
        String model = folder.resolve("model").toString();
        TeacherFactory teacher = TeacherFactory.of(TeacherSpec.parse("local:" + model), 0);
        assertThatThrownBy(() -> onCluster(request(questions, "local/out", teacher)))
                .isInstanceOf(IOException.class)
                .hasMessage(
                        "local:" + model + ": a local teacher runs on the Direct runner and embedded Flink only; on a"
                                + " remote cluster serve the model and ask it as openai:MODEL with a base URL");
        assertThat(folder.resolve("local/out/samples.jsonl")).doesNotExist();
    }

    @Test
    void interruptedTheJobEndsOnTheClusterToo() throws Exception {
        Path questions = Fixtures.questionsFile(Files.createDirectory(folder.resolve("stopped")), 4);
        Thread asker = Thread.currentThread();
        AtomicBoolean isFirst = new AtomicBoolean(true);
        CountDownLatch over = new CountDownLatch(1);
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            if (isFirst.getAndSet(false)) {
                asker.interrupt();
            }
            // No answer comes before the test is over.
            await(over);
            exchange.close();
        });
        server.start();
        try {
            String baseUrl = "http://127.0.0.1:" + server.getAddress().getPort() + "/v1";
            TeacherFactory teacher = TeacherFactory.of(TeacherSpec.parse("openai:fake"), 0, baseUrl, null);
            assertThatThrownBy(() -> onCluster(request(questions, "stopped/out", teacher)))
                    .isInstanceOf(InterruptedException.class);
        } finally {
            over.countDown();
            server.stop(0);
        }
        assertThat(jobs()).containsValue("CANCELED").doesNotContainValue("RUNNING");
        assertThat(folder.resolve("stopped/out/sample.partial")).doesNotExist();
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static Map<String, String> jobs() throws IOException {
        JsonNode overview;
        try (var in = URI.create("http://" + master + "/jobs/overview").toURL().openStream()) {
            overview = Rows.mapper().readTree(in);
        }
        Map<String, String> states = new TreeMap<>();
        overview.path("jobs")
                .forEach(job ->
                        states.put(job.path("jid").asText(), job.path("state").asText()));
        return states;
    }
}
