package dev.retort.pipelines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import org.apache.beam.runners.flink.FlinkPipelineOptions;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RemoteFlinkTest {

    private static final String REMOTE = "--flinkMaster=cluster:8081";

    @TempDir
    Path folder;

    private Path classes;

    @BeforeEach
    void build() throws IOException {
        classes = Files.createDirectories(folder.resolve("target/classes"));
    }

    private static PipelineOptions options(String... args) {
        return PipelineOptionsFactory.fromArgs(args).create();
    }

    private static PipelineOptions flink(String... more) {
        List<String> args = new ArrayList<>(List.of("--runner=FlinkRunner"));
        args.addAll(List.of(more));
        return options(args.toArray(new String[0]));
    }

    private List<String> staged(PipelineOptions options) throws IOException {
        RemoteFlink.stage(options, null, classes);
        return options.as(FlinkPipelineOptions.class).getFilesToStage();
    }

    private Path jar(String name) throws IOException {
        return Files.createFile(folder.resolve("target").resolve(name));
    }

    @Test
    void aRemoteMasterGetsTheJarBesideTheClassesAndNothingElse() throws IOException {
        jar("retort-pipelines-1.jar");
        Path jar = jar("retort-pipelines-1-flink.jar");
        assertThat(staged(flink(REMOTE))).containsExactly(jar.toString());
    }

    @Test
    void whatRunsInThisProcessIsLeftAlone() throws IOException {
        assertThat(staged(options(REMOTE))).isNull();
        assertThat(staged(flink())).isNull();
        for (String master : List.of("[auto]", "[local]", "[collection]")) {
            PipelineOptions options = flink("--flinkMaster=" + master, "--jobName=mine");
            assertThat(staged(options)).isNull();
            assertThat(options.getJobName()).isEqualTo("mine");
        }
    }

    @Test
    void whatIsNamedGoesBeforeWhatIsFound() throws IOException {
        jar("retort-pipelines-1-flink.jar");
        assertThat(staged(flink(REMOTE, "--filesToStage=mine.jar"))).containsExactly("mine.jar");
        Path other = Files.createFile(folder.resolve("other.jar"));
        PipelineOptions options = flink(REMOTE);
        RemoteFlink.stage(options, other.toString(), classes);
        assertThat(options.as(FlinkPipelineOptions.class).getFilesToStage()).containsExactly(other.toString());
    }

    @Test
    void twoJobsOfOneNameAreTold() throws IOException {
        jar("retort-pipelines-1-flink.jar");
        PipelineOptions first = flink(REMOTE, "--jobName=mine");
        PipelineOptions second = flink(REMOTE, "--jobName=mine");
        staged(first);
        staged(second);
        assertThat(first.getJobName()).startsWith("mine-").isNotEqualTo(second.getJobName());
    }

    @Test
    void withoutTheJarOneLineSaysHowToBuildIt() throws IOException {
        String build = "build it with ./mvnw package -Dmaven.test.skip=true, or name another one with"
                + " -Dretort.flink.jar=FILE";
        assertThatThrownBy(() -> staged(flink(REMOTE)))
                .isInstanceOf(IOException.class)
                .hasMessage(folder.resolve("target") + ": no *-flink.jar to send to Flink; " + build);
        Path missing = folder.resolve("missing.jar");
        assertThatThrownBy(() -> RemoteFlink.stage(flink(REMOTE), missing.toString(), classes))
                .isInstanceOf(IOException.class)
                .hasMessage(missing + ": no such file, but -Dretort.flink.jar names it; " + build);
        jar("retort-pipelines-1-flink.jar");
        jar("retort-pipelines-2-flink.jar");
        assertThatThrownBy(() -> staged(flink(REMOTE)))
                .isInstanceOf(IOException.class)
                .hasMessage(
                        folder.resolve("target") + ": 2 files *-flink.jar, and one is to be sent to Flink; delete the"
                                + " old ones or name one with -Dretort.flink.jar=FILE");
    }

    private static void reply(HttpExchange exchange, int status, String json) throws IOException {
        byte[] body = json.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    @Test
    void theJobOfThisNameIsCancelledAndWaitedFor() throws Exception {
        List<String> requests = Collections.synchronizedList(new ArrayList<>());
        Iterator<String> states = List.of("RUNNING", "CANCELLING", "CANCELED").iterator();
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/jobs/", exchange -> {
            requests.add(exchange.getRequestMethod() + " " + exchange.getRequestURI());
            if (exchange.getRequestMethod().equals("PATCH")) {
                reply(exchange, 202, "{}");
                return;
            }
            String other = "{\"jid\":\"a\",\"name\":\"other\",\"state\":\"RUNNING\"}";
            String mine = "{\"jid\":\"b\",\"name\":\"mine\",\"state\":\"" + states.next() + "\"}";
            reply(exchange, 200, "{\"jobs\":[" + other + "," + mine + "]}");
        });
        server.start();
        try {
            RemoteFlink.cancel(
                    flink("--flinkMaster=127.0.0.1:" + server.getAddress().getPort(), "--jobName=mine"));
        } finally {
            server.stop(0);
        }
        assertThat(requests)
                .containsExactly(
                        "GET /jobs/overview", "PATCH /jobs/b?mode=cancel", "GET /jobs/overview", "GET /jobs/overview");
    }

    @Test
    void aClusterOutOfReachIsOneLine() throws Exception {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        String master = "127.0.0.1:" + port;
        assertThatThrownBy(() -> RemoteFlink.cancel(flink("--flinkMaster=" + master, "--jobName=mine")))
                .isInstanceOf(IOException.class)
                .hasMessage("the job mine may still run and ask on " + master
                        + ", cancel it on Flink's own page there: no connection");
        assertThatThrownBy(() -> RemoteFlink.checkAnswers(flink("--flinkMaster=" + master)))
                .isInstanceOf(IOException.class)
                .hasMessage("no Flink cluster answers at " + master + " (no connection): start one with"
                        + " pipelines/cluster/start.sh DIR, and give --flinkMaster the address in DIR/rest");
        // Not asked: how to talk to it is in a configuration, or it is not meant.
        RemoteFlink.checkAnswers(flink("--flinkMaster=" + master, "--flinkConfDir=conf"));
        RemoteFlink.checkAnswers(options("--flinkMaster=" + master));
    }
}
