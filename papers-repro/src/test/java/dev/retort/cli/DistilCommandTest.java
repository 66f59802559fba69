package dev.retort.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpServer;
import dev.retort.batch.TokenBatch;
import dev.retort.batch.TokenExample;
import dev.retort.batch.Tokenizer;
import dev.retort.data.Example;
import dev.retort.data.JsonLines;
import dev.retort.data.Question;
import dev.retort.data.Rows;
import dev.retort.data.TeacherSample;
import dev.retort.model.CausalLm;
import dev.retort.model.LoadedModel;
import dev.retort.model.Models;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DistilCommandTest {

    @TempDir
    Path folder;

    private Path student;
    private Path questions;
    private Path out;

    @BeforeEach
    void make() throws IOException {
        student = ModelFolders.random(folder.resolve("student"), "tokenizer-bpe");
        questions = folder.resolve("questions.jsonl");
        out = folder.resolve("run");
        JsonLines.write(
                questions,
                List.of(
                        Question.ofText("a", "t", "2 * 3", "6"),
                        Question.ofText("b", "t", "10 - 4 + 1", null),
                        Question.ofText("c", "t", "7", null),
                        Question.ofText("d", "t", "Who?", null)));
    }

    private CliRun run(String... more) {
        List<Object> arguments = new ArrayList<>(
                List.of("distil", "--student", student, "--questions", questions, "--out", out, "--quiet", "--set"));
        arguments.addAll(List.of("max_steps=2", "--set", "max_length=64"));
        arguments.addAll(List.of(more));
        return CliRun.of(arguments.toArray());
    }

    @Test
    void goesFromQuestionsToAStudentThatAnswers() throws IOException {
        CliRun run = run("--teacher", "scripted:arithmetic", "--method", "step-by-step");
        assertThat(run.status()).as(run.err()).isZero();
        assertThat(run.out())
                .isEqualTo("4 questions, 3 learnt from, 0 answers not understood (rejected.jsonl), 1 failed"
                        + " (failures.jsonl)\nstudent: " + out.resolve("final") + "\nask it: retort generate --model "
                        + out.resolve("final") + " --prompt 'predict: QUESTION'\n");
        assertThat(out.resolve("adapter")).as("adapters, merged at the end").isDirectory();
        assertThat(Files.readString(out.resolve("config.yaml")))
                .contains("teacher: \"scripted:arithmetic\"", "method: step-by-step", "gold_labels: false", "r: 16");
        CliRun asked = CliRun.of(
                "generate", "--model", out.resolve("final"), "--prompt", "predict: 2 * 3", "--max-tokens", "2");
        assertThat(asked.status()).as(asked.err()).isZero();

        byte[] record = Files.readAllBytes(out.resolve("run.json"));
        CliRun refused = run("--teacher", "scripted:arithmetic", "--method", "step-by-step");
        assertThat(refused.status()).isEqualTo(Retort.FAILED);
        assertThat(refused.err()).contains("--resume").hasLineCount(1);
        CliRun again = run("--teacher", "scripted:arithmetic", "--method", "step-by-step", "--resume");
        assertThat(again.status()).as(again.err()).isZero();
        assertThat(again.out()).isEqualTo(run.out());
        assertThat(out.resolve("run.json")).hasBinaryContent(record);
    }

    @Test
    void learnsTheAnswersOfSystem2OnWhichMostAgree() throws IOException {
        JsonLines.write(
                questions,
                List.of(
                        letters("a", "Ann Bob"),
                        letters("b", "Cora Dan Eve"),
                        letters("c", "Fay Gus Hal"),
                        Question.ofText("d", "last-letter", "Who?", null)));
        String[] command = {
            "--teacher",
            "scripted:last-letter",
            "--error-rate",
            "0.4",
            "--method",
            "system2",
            "--system2",
            "rar-1-step",
            "--answer",
            "letters",
            "--samples",
            "7"
        };
        CliRun run = run(command);
        assertThat(run.status()).as(run.err()).isZero();
        List<Example> examples = JsonLines.read(out.resolve("train.jsonl"), Example.class);
        assertThat(examples)
                .extracting(example -> example.prompt() + example.completion())
                .isSubsetOf(chat("Ann Bob") + "nb", chat("Cora Dan Eve") + "ane", chat("Fay Gus Hal") + "ysl");
        // Of the question that nobody can read four fail, and then no answer can win any more.
        int rejected = JsonLines.read(out.resolve("rejected.jsonl"), TeacherSample.class)
                .size();
        assertThat(rejected).isPositive();
        assertThat(run.out())
                .isEqualTo("4 questions, " + examples.size() + " learnt from, " + rejected
                        + " samples rejected (rejected.jsonl), 4 failed (failures.jsonl)\nstudent: "
                        + out.resolve("final") + "\n");
        byte[] record = Files.readAllBytes(out.resolve("run.json"));
        List<String> again = new ArrayList<>(List.of(command));
        again.add("--resume");
        CliRun resumed = run(again.toArray(new String[0]));
        assertThat(resumed.out()).as(resumed.err()).isEqualTo(run.out());
        assertThat(out.resolve("run.json")).hasBinaryContent(record);
    }

    private Path teacher() throws IOException {
        return ModelFolders.random(folder.resolve("teacher"), "tokenizer-bpe", 2);
    }

    private void referToAll() throws IOException {
        JsonLines.write(
                questions,
                List.of(Question.ofText("a", "t", "2 * 3", "6"), Question.ofText("b", "t", "10 - 4 + 1", " 7 ")));
    }

    @Test
    void kdLearnsReferencesAndTheTeachersProbabilities() throws IOException {
        referToAll();
        String[] command = {"--teacher", "local:" + teacher(), "--method", "kd", "--set", "kd_ratio=0.75"};
        CliRun run = run(command);
        assertThat(run.status()).as(run.err()).isZero();
        assertThat(run.out()).isEqualTo("2 questions, all learnt from\nstudent: " + out.resolve("final") + "\n");
        assertThat(JsonLines.read(out.resolve("train.jsonl"), Example.class))
                .extracting(Example::id, Example::prompt, Example::completion)
                .containsExactly(tuple("a", turn("2 * 3"), "6"), tuple("b", turn("10 - 4 + 1"), "7"));
        assertThat(Files.readString(out.resolve("config.yaml")))
                .contains(
                        "method: kd",
                        "teacher: \"local:" + folder.resolve("teacher") + "\"",
                        "kd_ratio: 0.75",
                        "divergence: forward-kl",
                        "lmbda: 0.0",
                        "max_steps: 2");
        assertThat(Files.readString(out.resolve("metrics.jsonl"))).contains("\"loss/answer\":", "\"loss/kd\":");
        assertThat(JsonLines.read(out.resolve("questions.jsonl"), Question.class))
                .hasSize(2);
        assertThat(CliRun.of("generate", "--model", out.resolve("final"), "--prompt", "2 * 3", "--max-tokens", "2")
                        .status())
                .isZero();

        byte[] record = Files.readAllBytes(out.resolve("run.json"));
        List<String> again = new ArrayList<>(List.of(command));
        again.add("--resume");
        assertThat(run(again.toArray(new String[0])).out()).isEqualTo(run.out());
        assertThat(out.resolve("run.json")).hasBinaryContent(record);
        again.addAll(List.of("--set", "temperature=2"));
        assertThat(run(again.toArray(new String[0])).err())
                .isEqualTo("retort: " + out.resolve("config.yaml")
                        + ": made with other settings than these; use another" + " --out\n");
    }

    @Test
    void kdGoesOnWithTheSignalsThatAreStored() throws IOException {
        referToAll();
        CliRun run = run(
                "--teacher",
                "local:" + teacher(),
                "--method",
                "kd",
                "--set",
                "teacher_top_k=8",
                "--set",
                "temperature=2");
        assertThat(run.status()).as(run.err()).isZero();
        CliRun exported = CliRun.of("signals", "export", out.resolve("signals"), folder.resolve("signals.parquet"));
        assertThat(exported.out()).as(exported.err()).endsWith(" rows of 2 signals\n");
    }

    /** The same teacher behind a server as from its folder: the student learns the same. */
    @Test
    void kdReadsATeacherThatIsServed() throws IOException {
        referToAll();
        Path teacher = teacher();
        List<String> kd = List.of("--method", "kd", "--set", "teacher_top_k=8");
        List<String> local = new ArrayList<>(List.of("--teacher", "local:" + teacher));
        local.addAll(kd);
        CliRun beside = run(local.toArray(new String[0]));
        assertThat(beside.status()).as(beside.err()).isZero();
        double[] expected = losses();
        out = folder.resolve("remote");
        List<String> remote = new ArrayList<>(kd);
        remote.addAll(List.of("--scorer", "vllm", "--concurrency", "2"));
        List<String> asked = Collections.synchronizedList(new ArrayList<>());
        try (LoadedModel served = Models.load(teacher, Device.cpu())) {
            CliRun run = ask(vllm(served, asked), remote.toArray(new String[0]));
            assertThat(run.status()).as(run.err()).isZero();
        }
        assertThat(losses()).containsExactly(expected, within(1e-5));
        assertThat(asked).filteredOn("/v1/completions"::equals).hasSize(2);
        assertThat(Files.readString(out.resolve("config.yaml"))).contains("teacher: \"openai:m\"");
    }

    private double[] losses() throws IOException {
        List<Double> losses = new ArrayList<>();
        for (String line : Files.readAllLines(out.resolve("metrics.jsonl"))) {
            losses.add(Rows.mapper().readTree(line).path("loss/kd").asDouble());
        }
        assertThat(losses).isNotEmpty().allMatch(loss -> loss > 0);
        return losses.stream().mapToDouble(Double::doubleValue).toArray();
    }

    /** A model behind what vLLM answers to prompt_logprobs and to tokenize. */
    private static HttpServer vllm(LoadedModel model, List<String> asked) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            String path = exchange.getRequestURI().getPath();
            asked.add(path);
            JsonNode body = Rows.mapper().readTree(exchange.getRequestBody());
            byte[] answer = (path.equals("/tokenize")
                            ? Rows.mapper()
                                    .createObjectNode()
                                    .set(
                                            "tokens",
                                            Rows.mapper()
                                                    .valueToTree(model.tokenizer()
                                                            .encode(body.get("prompt")
                                                                    .asText())))
                            : promptLogprobs(model, body))
                    .toString()
                    .getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
        });
        server.start();
        return server;
    }

    private static synchronized JsonNode promptLogprobs(LoadedModel model, JsonNode body) {
        int[] prompt = Rows.mapper().convertValue(body.get("prompt"), int[].class);
        ObjectNode answer = Rows.mapper().createObjectNode();
        ArrayNode positions = answer.putArray("choices").addObject().putArray("prompt_logprobs");
        positions.addNull();
        TokenExample whole = new TokenExample("", "", 1, prompt, prompt);
        CausalLm teacher = (CausalLm) model.model();
        try (TokenBatch batch =
                new TokenBatch(List.of(whole), false, teacher.weights().manager())) {
            NDArray all = teacher.logits(teacher.labelHidden(batch)).logSoftmax(1);
            int vocabulary = (int) all.getShape().get(1);
            float[] values = all.toFloatArray();
            for (int i = 1; i < prompt.length; i++) {
                ObjectNode position = positions.addObject();
                int at = (i - 1) * vocabulary;
                int given = prompt[i];
                IntStream.range(0, vocabulary)
                        .boxed()
                        .sorted(Comparator.comparingDouble(id -> -values[at + id]))
                        .limit(body.get("prompt_logprobs").intValue())
                        .forEach(id -> position.putObject(id.toString()).put("logprob", values[at + id]));
                position.putObject(Integer.toString(given)).put("logprob", values[at + given]);
            }
        }
        return answer;
    }

    @Test
    void gkdLearnsOnTheStudentsOwnCompletions() throws IOException {
        CliRun run = run(
                "--teacher",
                "local:" + teacher(),
                "--method",
                "gkd",
                "--set",
                "lmbda=1",
                "--set",
                "max_completion_length=4");
        assertThat(run.status()).as(run.err()).isZero();
        assertThat(run.out()).startsWith("4 questions, all learnt from\n");
        assertThat(Files.readString(out.resolve("config.yaml")))
                .contains(
                        "kd_ratio: 1.0",
                        "divergence: jsd",
                        "beta: 0.5",
                        "  temperature: 1.0",
                        "lmbda: 1.0",
                        "sampling_temperature: 0.9",
                        "max_completion_length: 4");
    }

    @Test
    void kdNeedsReferencesAndATeacherWithTheStudentsTokens() throws IOException {
        CliRun run = run("--teacher", "local:" + teacher(), "--method", "gkd");
        assertThat(run.status()).isEqualTo(Retort.FAILED);
        assertThat(run.err())
                .isEqualTo("retort: " + questions + ": question b has no reference: give every question one, or learn"
                        + " from the student's own completions alone with --method gkd --set lmbda=1\n");
        referToAll();
        Path other = folder.resolve("other");
        try (Tokenizer words = Tokenizer.ofWords(List.of("one", "two"))) {
            ModelFolders.random(other, words);
        }
        CliRun unlike = run("--teacher", "local:" + other, "--method", "kd");
        assertThat(unlike.status()).isEqualTo(Retort.FAILED);
        assertThat(unlike.err())
                .startsWith("retort: " + other + ": the teacher's vocabulary has 1024 ids and the student's 1024: id ")
                .hasLineCount(1);
        assertThat(out).doesNotExist();
    }

    @Test
    void seqkdLearnsWhatTheTeacherWrites() throws IOException {
        CliRun run = run("--teacher", "scripted:arithmetic", "--method", "seqkd");
        assertThat(run.status()).as(run.err()).isZero();
        assertThat(run.out())
                .isEqualTo(
                        "4 questions, 3 learnt from, 0 cut off (rejected.jsonl), 1 failed (failures.jsonl)\nstudent: "
                                + out.resolve("final") + "\n");
        List<TeacherSample> samples = JsonLines.read(out.resolve("kept.jsonl"), TeacherSample.class);
        assertThat(JsonLines.read(out.resolve("train.jsonl"), Example.class))
                .extracting(Example::prompt, Example::completion, Example::from)
                .startsWith(tuple(turn("2 * 3"), samples.get(0).text().strip(), List.of("a", "a/0")))
                .hasSize(3);
        assertThat(Files.readString(out.resolve("config.yaml")))
                .contains("method: seqkd", "  temperature: 1.0\n  max_tokens: 256\n");
        assertThat(out.resolve("cache")).isDirectory();
    }

    /** A random model never ends by itself. */
    @Test
    void seqkdLeavesOutWhatWasCutOff() throws IOException {
        CliRun run = run("--teacher", "local:" + teacher(), "--method", "seqkd", "--max-tokens", "2");
        assertThat(run.status()).isEqualTo(Retort.FAILED);
        assertThat(run.err())
                .isEqualTo("retort: " + out + ": there is no completion to learn from (4 were cut off, 0 failed); raise"
                        + " --max-tokens, or look into failures.jsonl\n");
    }

    @Test
    void saysWhatABudgetDidNotReach() throws IOException {
        CliRun run = run("--teacher", "scripted:arithmetic", "--method", "seqkd", "--budget-tokens", "1");
        assertThat(run.status()).isEqualTo(Retort.FAILED);
        assertThat(run.err())
                .matches("retort: \\S+failures.jsonl: the budget ended before [1-4] of its rows; raise it and go on"
                        + " with --resume\n");
        assertThat(out.resolve("final")).doesNotExist();
    }

    private static String text(String words) {
        return "Take the last letters of the words in \"" + words + "\" and concatenate them.";
    }

    /** As a model with this chat template is asked. */
    private static String chat(String words) {
        return turn(text(words));
    }

    private static String turn(String text) {
        return "<|im_start|>user\n" + text + "<|im_end|>\n<|im_start|>assistant\n";
    }

    private static Question letters(String id, String words) {
        return Question.ofText(id, "last-letter", text(words), null);
    }

    @Test
    void cutsWhatTheTeacherWritesWhereItIsShownDemonstrations() throws IOException {
        Path shots = folder.resolve("shots.jsonl");
        Files.writeString(
                shots, "{\"question\": \"Two and two?\", \"rationale\": \"Two twos.\", \"label\": \"four\"}\n");
        CliRun run = run(
                "--teacher",
                "scripted:arithmetic",
                "--method",
                "step-by-step",
                "--demonstrations",
                shots.toString(),
                "--layout",
                "dss-svamp-few-shot",
                "--full",
                "--alpha",
                "0.8",
                "--label-prefix",
                "[label] ");
        assertThat(run.status()).as(run.err()).isZero();
        assertThat(run.out())
                .startsWith("4 questions, 2 learnt from, 1 answers not understood (rejected.jsonl), 1 failed")
                .contains("--prompt '[label] QUESTION'");
        assertThat(out.resolve("adapter")).doesNotExist();
        assertThat(JsonLines.read(out.resolve("train.jsonl"), Example.class))
                .extracting(Example::prompt, Example::completion)
                .hasSize(4)
                .startsWith(tuple("[label] 2 * 3", " 6"), tuple("explain: 2 * 3", " 2 * 3 = 6."));
        assertThat(Files.readString(out.resolve("config.yaml"))).contains("alpha: 0.8");
    }

    /** A server that answers every question alike. */
    private static HttpServer server(String says, List<String> asked) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/v1/chat/completions", exchange -> {
            asked.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            byte[] answer = ("{\"model\": \"m\", \"choices\": [{\"index\": 0, \"finish_reason\": \"stop\", \"message\":"
                            + " {\"role\": \"assistant\", \"content\": \"" + says + "\"}}],"
                            + " \"usage\": {\"prompt_tokens\": 1, \"completion_tokens\": 1, \"total_tokens\": 2}}")
                    .getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().add("Content-Type", "application/json");
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
        });
        server.start();
        return server;
    }

    /** Runs with the server as the teacher, and stops it. */
    private CliRun ask(HttpServer server, String... more) {
        List<String> arguments = new ArrayList<>(List.of("--teacher", "openai:m", "--base-url"));
        arguments.add("http://127.0.0.1:" + server.getAddress().getPort() + "/v1");
        arguments.addAll(List.of(more));
        try {
            return run(arguments.toArray(new String[0]));
        } finally {
            server.stop(0);
        }
    }

    @Test
    void theStudentLearnsWithoutTheTeachersSystemPrompt() throws IOException {
        Path prompt = folder.resolve("pirate.txt");
        Files.writeString(prompt, "You are a pirate.\n");
        List<String> asked = Collections.synchronizedList(new ArrayList<>());
        CliRun run = ask(server("Arr!", asked), "--method", "seqkd", "--system-prompt", prompt.toString());
        assertThat(run.status()).as(run.err()).isZero();
        assertThat(asked)
                .hasSize(4)
                .allMatch(body -> body.contains("{\"role\":\"system\",\"content\":\"You are a pirate.\"}"));
        assertThat(JsonLines.read(out.resolve("train.jsonl"), Example.class))
                .extracting(Example::prompt, Example::completion)
                .startsWith(tuple(turn("2 * 3"), "Arr!"))
                .hasSize(4);
        assertThat(Files.readString(out.resolve("config.yaml")))
                .contains("system_prompt: You are a pirate.\nfirst_turn_only: false\n");
    }

    @Test
    void asksAServerThatSpeaksOpenAisProtocol() throws IOException {
        Path shots = folder.resolve("shots.jsonl");
        Files.writeString(shots, "{\"question\": \"1 + 1\", \"rationale\": \"One more.\", \"label\": \"2\"}\n");
        List<String> asked = Collections.synchronizedList(new ArrayList<>());
        HttpServer server = server("I guess. So the answer is 6.", asked);
        CliRun run = ask(server, "--method", "step-by-step", "--demonstrations", shots.toString());
        assertThat(run.status()).as(run.err()).isZero();
        assertThat(run.out()).startsWith("4 questions, 4 learnt from, 0 answers not understood");
        assertThat(asked).hasSize(4).allMatch(body -> body.contains("One more. So the answer is 2."));
        assertThat(JsonLines.read(out.resolve("train.jsonl"), Example.class))
                .hasSize(8)
                .filteredOn(example -> example.kind().equals("rationale"))
                .allMatch(example -> example.completion().equals(" I guess."));
    }

    @Test
    void goldLabelsWithoutReferencesAreOneClearError() {
        CliRun run = run("--teacher", "scripted:arithmetic", "--method", "step-by-step", "--labels", "gold");
        assertThat(run.status()).isEqualTo(Retort.FAILED);
        assertThat(run.err())
                .isEqualTo("retort: " + questions + ": question b has no reference: give every question one, or take"
                        + " the teacher's labels with --labels teacher\n");
        assertThat(out).doesNotExist();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--teacher openai:gpt --method step-by-step"
                        + " | --demonstrations is needed: openai:gpt writes rationales when it is shown some",
                "--teacher local:models/m --method step-by-step"
                        + " | --demonstrations is needed: local:models/m writes rationales when it is shown some",
                "--teacher scripted:arithmetic --method minillm"
                        + " | --method minillm: there are step-by-step, system2, seqkd, kd and gkd",
                "--teacher openai:gpt --method kd | --method kd reads the teacher's probabilities: give --teacher"
                        + " local:MODEL, or openai:MODEL with --scorer, not openai:gpt; what that one writes can be learnt with --method seqkd",
                "--teacher openai:gpt --method kd --scorer tgi | --scorer tgi: there are vllm and llama-cpp",
                "--teacher local:models/m --method kd --scorer vllm | --scorer is the kind of server of an openai"
                        + " teacher, not of local:models/m",
                "--teacher scripted:arithmetic --method gkd | --method gkd reads the teacher's probabilities",
                "--teacher local:models/m --method kd --temperature 2 | --temperature is about asking a teacher, and"
                        + " --method kd asks nothing; settings of the divergence are given with --set key=value",
                "--teacher openai:gpt --method system2 --system2 cot --answer whole --batch-api | --batch-api asks",
                "--teacher scripted:arithmetic --method system2 --system2 cot | --method system2 needs --system2",
                "--teacher scripted:arithmetic --method system2 --answer whole | --method system2 needs --system2",
                "--teacher scripted:arithmetic --method system2 --system2 rat --answer whole"
                        + " | --system2: unknown System 2 method",
                "--teacher scripted:arithmetic --method system2 --system2 cot --answer number"
                        + " | --answer: unknown answer cut",
                "--teacher scripted:arithmetic --method system2 --system2 cot --answer whole --vote most"
                        + " | --vote: give strict, plurality or a fraction, not most",
                "--teacher scripted:arithmetic --method system2 --system2 cot --answer whole --samples 0"
                        + " | --samples must be at least 1, not 0",
                "--teacher scripted:arithmetic --method step-by-step --labels silver"
                        + " | --labels silver: give gold or teacher",
                "--teacher scripted:arithmetic --method step-by-step --alpha 1"
                        + " | --alpha must be between 0 and 1, not 1.0",
                "--teacher scripted:algebra --method step-by-step"
                        + " | --teacher: there is no scripted teacher named algebra",
                "--teacher nobody --method step-by-step | --teacher: \"nobody\" names no teacher",
                "--teacher scripted:arithmetic --error-rate 2 --method step-by-step"
                        + " | --teacher: the error rate must be 0 to 1, not 2.0",
                "--teacher scripted:arithmetic --base-url http://localhost/v1 --method step-by-step"
                        + " | --teacher: a base URL belongs to an openai teacher, not to scripted:arithmetic",
                "--teacher scripted:arithmetic --method seqkd --first-turn-only"
                        + " | --first-turn-only is about --system-prompt: give it too",
                "--teacher scripted:arithmetic --method step-by-step --layout dss-cqa-few-shot"
                        + " | --layout is that of --demonstrations: give them too"
            })
    void saysWhatIsWronglyUsed(String options, String message) {
        CliRun run = run(options.split(" "));
        assertThat(run.status()).isEqualTo(Retort.USAGE);
        assertThat(run.err()).startsWith("retort: " + message).hasLineCount(1);
        assertThat(out).doesNotExist();
    }

    @Test
    void refusesALayoutThatThereIsNot() throws IOException {
        Path shots = folder.resolve("shots.jsonl");
        Files.writeString(shots, "{\"question\": \"q\", \"rationale\": \"r\", \"label\": \"l\"}\n");
        CliRun run = run(
                "--teacher",
                "scripted:arithmetic",
                "--method",
                "step-by-step",
                "--demonstrations",
                shots.toString(),
                "--layout",
                "mine");
        assertThat(run.status()).isEqualTo(Retort.USAGE);
        assertThat(run.err())
                .startsWith("retort: --layout: no layout of demonstrations is named mine; there are dss-anli-few-shot");
    }

    /** An example that cannot be typed in is worse than none. */
    @Test
    void theExampleOfTheHelpHasOptionsThatThereAre() {
        String help = CliRun.of("distil", "--help").out();
        int example = help.indexOf("Example:");
        assertThat(example).isPositive();
        Matcher options = Pattern.compile("--[a-z0-9-]+").matcher(help.substring(example));
        int found = 0;
        while (options.find()) {
            assertThat(help.substring(0, example)).contains(options.group() + "=");
            found++;
        }
        assertThat(found).isPositive();
    }
}
