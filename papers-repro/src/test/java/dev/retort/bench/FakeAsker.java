package dev.retort.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.data.JsonLines;
import dev.retort.data.Question;
import dev.retort.data.Rows;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** A stand-in of {@code retort sample} and of the peers' scripts, that asks and writes samples as they do. */
final class FakeAsker {

    private FakeAsker() {}

    /** A shell script that is this program, with these words before its own arguments. */
    static Path script(Path file, String... words) throws IOException {
        List<String> command = List.of(
                System.getProperty("java.home") + File.separator + "bin" + File.separator + "java",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                FakeAsker.class.getName());
        Files.writeString(
                file, "#!/bin/sh\nexec '" + String.join("' '", command) + "' " + String.join(" ", words) + " \"$@\"\n");
        if (!file.toFile().setExecutable(true)) {
            throw new IOException(file + " cannot be made executable");
        }
        return file;
    }

    /**
     * Arguments: how many questions to leave out; then the command line of {@code retort sample} from "sample" on, or a
     * script, the work's file and the folder.
     */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        int left = Integer.parseInt(arguments[0]);
        List<String> given = List.of(arguments).subList(1, arguments.length);
        if (!given.get(0).equals("sample")) {
            JsonNode work = Rows.mapper().readTree(Path.of(given.get(1)).toFile());
            ask(
                    Path.of(work.get("questions").asText()),
                    left,
                    work.get("base_url").asText(),
                    1,
                    false);
            return;
        }
        List<TeacherSample> samples = ask(
                Path.of(option(given, "--questions")),
                left,
                option(given, "--base-url"),
                given.contains("--samples") ? Integer.parseInt(option(given, "--samples")) : 1,
                given.contains("--vote"));
        System.out.println("heap " + System.getenv("RETORT_JAVA_OPTS"));
        JsonLines.write(Path.of(option(given, "--out"), "samples.jsonl"), samples);
    }

    private static String option(List<String> given, String name) {
        return given.get(given.indexOf(name) + 1);
    }

    /** Three samples are enough for a vote where they agree. */
    private static List<TeacherSample> ask(Path file, int left, String url, int samples, boolean isEarly)
            throws IOException, InterruptedException {
        List<Question> questions = JsonLines.read(file, Question.class);
        List<TeacherSample> all = new ArrayList<>();
        for (Question question : questions.subList(0, questions.size() - left)) {
            List<TeacherSample> answered = new ArrayList<>();
            int first = isEarly ? 3 : samples;
            answered.addAll(answers(question, url, 0, first));
            if (answered.stream().map(TeacherSample::answer).distinct().count() > 1) {
                answered.addAll(answers(question, url, first, samples));
            }
            all.addAll(answered);
        }
        return all;
    }

    private static List<TeacherSample> answers(Question question, String url, int from, int to) {
        HttpClient client = HttpClient.newHttpClient();
        List<CompletableFuture<HttpResponse<String>>> pending = new ArrayList<>();
        for (int index = from; index < to; index++) {
            ObjectNode body = Rows.mapper().createObjectNode().put("model", "m").put("seed", index);
            body.set("messages", Rows.mapper().valueToTree(question.messages()));
            HttpRequest request = HttpRequest.newBuilder(URI.create(url + "/chat/completions"))
                    .POST(HttpRequest.BodyPublishers.ofString(body.toString()))
                    .build();
            pending.add(client.sendAsync(request, HttpResponse.BodyHandlers.ofString()));
        }
        List<TeacherSample> answered = new ArrayList<>();
        for (CompletableFuture<HttpResponse<String>> each : pending) {
            answered.add(sample(question, from + answered.size(), each.join().body()));
        }
        return answered;
    }

    private static TeacherSample sample(Question question, int index, String reply) {
        String text;
        try {
            text = Rows.mapper()
                    .readTree(reply)
                    .at("/choices/0/message/content")
                    .asText();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        return new TeacherSample(
                question.id(),
                question.task(),
                question.messages(),
                index,
                text,
                null,
                text.replaceAll("\\D", ""),
                "stop",
                "fake",
                SamplingParams.none(),
                null,
                Map.of());
    }
}
