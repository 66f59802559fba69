package dev.retort.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import dev.retort.data.Rows;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.apache.beam.runners.flink.FlinkPipelineOptions;
import org.apache.beam.runners.flink.FlinkRunner;
import org.apache.beam.sdk.options.PipelineOptions;

/**
 * What a job needs that runs on a Flink cluster of other processes: its jar goes with it, and it is cancelled when the one
 * who started it is interrupted. For all other runners nothing is done.
 */
final class RemoteFlink {

    /** The system property that names the jar to send; not set, it is the one beside the classes. */
    static final String JAR = "retort.flink.jar";

    private static final String ENDING = "-flink.jar";
    private static final Set<String> NOT_REMOTE = Set.of("[auto]", "[local]", "[collection]");
    private static final Set<String> ENDED = Set.of("FINISHED", "CANCELED", "FAILED");
    private static final int REST_PORT = 8081;
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int ASKED_MOST = 300;
    private static final int UNSEEN_MOST = 30;
    private static final long PAUSE_MILLIS = 100;

    private RemoteFlink() {}

    /**
     * Makes the shaded jar the only file that is sent to a remote cluster, unless files are named, and the job's name its own.
     *
     * @throws IOException where there is no such jar or no cluster
     */
    static void stage(PipelineOptions options) throws IOException, InterruptedException {
        Path code;
        try {
            code = Path.of(RemoteFlink.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException("the class path holds something that is no file", e);
        }
        stage(options, System.getProperty(JAR), code);
        checkAnswers(options);
    }

    static void stage(PipelineOptions options, String named, Path code) throws IOException {
        if (!isRemote(options)) {
            return;
        }
        FlinkPipelineOptions flink = options.as(FlinkPipelineOptions.class);
        if (flink.getFilesToStage() == null) {
            flink.setFilesToStage(List.of(jar(named, code).toString()));
        }
        // By its name the job is found when it is to be cancelled.
        flink.setJobName(flink.getJobName() + "-" + UUID.randomUUID());
    }

    /** Flink itself tries for more than a minute before it says that nobody is there. */
    static void checkAnswers(PipelineOptions options) throws IOException, InterruptedException {
        // A configuration of one's own may say how to talk to the cluster.
        if (!isRemote(options) || options.as(FlinkPipelineOptions.class).getFlinkConfDir() != null) {
            return;
        }
        String master = options.as(FlinkPipelineOptions.class).getFlinkMaster();
        try {
            send(client(), root(master).resolve("/overview"), "GET");
        } catch (IOException | IllegalArgumentException e) {
            throw new IOException(
                    "no Flink cluster answers at " + master + " (" + reason(e) + "): start one with"
                            + " pipelines/cluster/start.sh DIR, and give --flinkMaster the address in DIR/rest",
                    e);
        }
    }

    private static String reason(Exception e) {
        return e instanceof ConnectException ? "no connection" : e.getMessage();
    }

    private static boolean isRemote(PipelineOptions options) {
        return options.getRunner() == FlinkRunner.class
                && !NOT_REMOTE.contains(options.as(FlinkPipelineOptions.class).getFlinkMaster());
    }

    private static Path jar(String named, Path code) throws IOException {
        if (named != null) {
            Path jar = Path.of(named).toAbsolutePath();
            if (!Files.isRegularFile(jar)) {
                throw new IOException(jar + ": no such file, but -D" + JAR + " names it; " + howToBuild());
            }
            return jar;
        }
        Path folder = code.toAbsolutePath().getParent();
        List<Path> jars;
        try (Stream<Path> files = Files.list(folder)) {
            jars = files.filter(file -> file.getFileName().toString().endsWith(ENDING))
                    .sorted()
                    .toList();
        }
        if (jars.isEmpty()) {
            throw new IOException(folder + ": no *" + ENDING + " to send to Flink; " + howToBuild());
        }
        if (jars.size() > 1) {
            throw new IOException(folder + ": " + jars.size() + " files *" + ENDING
                    + ", and one is to be sent to Flink; delete the old ones or name one with -D" + JAR + "=FILE");
        }
        return jars.get(0);
    }

    private static String howToBuild() {
        return "build it with ./mvnw package -Dmaven.test.skip=true, or name another one with -D" + JAR + "=FILE";
    }

    /**
     * Cancels the job of these options on a remote cluster and waits until it has ended there.
     *
     * @throws IOException where the cluster cannot be reached, or the job does not end
     */
    static void cancel(PipelineOptions options) throws IOException, InterruptedException {
        if (!isRemote(options)) {
            return;
        }
        String master = options.as(FlinkPipelineOptions.class).getFlinkMaster();
        try {
            if (cancel(root(master), options.getJobName())) {
                return;
            }
        } catch (IOException | IllegalArgumentException e) {
            throw new IOException(running(options, master) + ": " + reason(e), e);
        }
        throw new IOException(running(options, master) + ": it does not end");
    }

    private static String running(PipelineOptions options, String master) {
        return "the job " + options.getJobName() + " may still run and ask on " + master
                + ", cancel it on Flink's own page there";
    }

    private static URI root(String master) {
        URI root = URI.create("http://" + master);
        return root.getPort() < 0 ? URI.create("http://" + master + ":" + REST_PORT) : root;
    }

    private static boolean cancel(URI root, String name) throws IOException, InterruptedException {
        HttpClient client = client();
        boolean isAsked = false;
        for (int asked = 0; asked < ASKED_MOST; asked++) {
            JsonNode job = job(Rows.mapper().readTree(send(client, root.resolve("/jobs/overview"), "GET")), name);
            // What was never seen may still be on its way.
            if (job == null
                    ? asked >= UNSEEN_MOST
                    : ENDED.contains(job.path("state").asText())) {
                return true;
            }
            if (job != null && !isAsked) {
                send(client, root.resolve("/jobs/" + job.path("jid").asText() + "?mode=cancel"), "PATCH");
                isAsked = true;
            }
            Thread.sleep(PAUSE_MILLIS);
        }
        return false;
    }

    private static HttpClient client() {
        return HttpClient.newBuilder().connectTimeout(PATIENCE).build();
    }

    private static JsonNode job(JsonNode overview, String name) {
        for (JsonNode job : overview.path("jobs")) {
            if (job.path("name").asText().equals(name)) {
                return job;
            }
        }
        return null;
    }

    private static String send(HttpClient client, URI address, String method) throws IOException, InterruptedException {
        HttpResponse<String> reply = client.send(
                HttpRequest.newBuilder(address)
                        .timeout(PATIENCE)
                        .method(method, HttpRequest.BodyPublishers.noBody())
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        if (reply.statusCode() / 100 != 2) {
            throw new IOException("Flink answers " + method + " " + address.getPath() + " with " + reply.statusCode());
        }
        return reply.body();
    }
}
