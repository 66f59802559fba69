package dev.retort.bench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.answer.AnswerText;
import dev.retort.answer.MajorityVote;
import dev.retort.answer.VoteRule;
import dev.retort.data.AtomicFiles;
import dev.retort.data.JsonLines;
import dev.retort.data.Question;
import dev.retort.data.Rows;
import dev.retort.data.TeacherSample;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * Asking a teacher that takes 50 ms for an answer, on the same machine. {@code rows}: our time and the peers' for the same
 * questions, starting included, each with an empty cache. {@code memory}: ours, for few questions and for many. {@code vote}:
 * our requests with and without an early end of the asking.
 */
final class SampleBench implements AutoCloseable {

    /** The cases, in the order of the results. */
    static final List<String> CASES = List.of("rows", "memory", "vote");

    /** Questions of the case rows where nothing else is asked for. */
    static final int USUAL_QUESTIONS = 10_000;

    private static final long LATENCY_MILLIS = 50;
    private static final int CONCURRENCY = 64;
    private static final double LEAST_AGREEMENT = 0.8;
    private static final int VOTES = 5;
    private static final String HEAP = "-Xmx768m";

    private final Path root;
    private final Path folder;
    private final int questions;
    private final PrintWriter progress;
    private final SampleServerProcess server;

    /**
     * Starts the teacher.
     *
     * @param root of the checkout, which holds the launcher
     * @param folder for work files and logs
     * @param questions of the case rows; the others have a tenth to ten times as many
     * @param progress told what goes on
     */
    SampleBench(Path root, Path folder, int questions, PrintWriter progress) throws IOException {
        this.root = root;
        this.folder = folder;
        this.questions = questions;
        this.progress = progress;
        server = new SampleServerProcess(LATENCY_MILLIS, LEAST_AGREEMENT, folder.resolve("sample-server.log"));
    }

    /**
     * Measures our side and the peers' by turns.
     *
     * @param peers with the packages of {@link Peers#forSampling}
     */
    ObjectNode rows(int repetitions, Peers peers) throws IOException, InterruptedException {
        Path file = questionsFile(questions);
        ObjectNode json = Rows.mapper().createObjectNode();
        json.put("base_url", server.baseUrl());
        json.put("model", "bench");
        json.put("questions", file.toAbsolutePath().toString());
        json.put("concurrency", CONCURRENCY);
        Path work = folder.resolve("sample-rows.json");
        AtomicFiles.writeText(work, Rows.mapper().writeValueAsString(json));
        List<Side> sides = List.of(
                new Side("retort", "retort sample on the Direct runner, cache on", ours(file)),
                new Side(
                        "curator",
                        "backend openai, plain progress display, cache on",
                        peers.command("sample_curator.py", work.toString(), WholeRun.FOLDER)),
                new Side(
                        "distilabel",
                        "TextGeneration with OpenAILLM, batches of " + CONCURRENCY + ", cache on",
                        peers.command("sample_distilabel.py", work.toString(), WholeRun.FOLDER)));
        ObjectNode figures = figures(questions, 1);
        return Comparison.run(
                new BenchCase("rows", questions, "rows", figures, sides),
                repetitions,
                folder,
                progress,
                (side, log) -> run(side, log, new Counted(questions)));
    }

    /** Measures our memory for a tenth and for ten times the questions, with the same bound of the heap. */
    ObjectNode memory() throws IOException, InterruptedException {
        ObjectNode result = Rows.mapper().createObjectNode();
        result.put("case", "memory");
        result.set("work", figures(0, 1).put("java_options", HEAP));
        ArrayNode runs = result.putArray("runs");
        for (int count : new int[] {Math.max(1, questions / 10), 10 * questions}) {
            say("memory: asking " + count + " questions");
            List<String> command = new ArrayList<>(List.of("env", "RETORT_JAVA_OPTS=" + HEAP));
            command.addAll(ours(questionsFile(count)));
            Side side = new Side("retort-" + count, "", command);
            try (WholeRun run = run(side, folder.resolve("memory-" + count + ".log"), new Counted(count))) {
                double seconds = run.go().get("seconds").doubleValue();
                runs.addObject()
                        .put("questions", count)
                        .put("peak_resident_mb", run.peakResidentBytes() >> 20)
                        .put("seconds", Timings.rounded(seconds, 3))
                        .put("rows_per_second", Timings.rounded(count / seconds, 1));
            }
        }
        return result;
    }

    /** Counts requests for five samples of every question, all of them or until a strict majority cannot change. */
    ObjectNode vote() throws IOException, InterruptedException {
        int count = Math.max(1, questions / VOTES);
        List<String> all = new ArrayList<>(ours(questionsFile(count)));
        all.addAll(List.of("--samples", Integer.toString(VOTES), "--seed", "7", "--answer", "last-number"));
        List<String> early = new ArrayList<>(all);
        early.addAll(List.of("--vote", "strict"));
        ObjectNode result = Rows.mapper().createObjectNode();
        result.put("case", "vote");
        result.set(
                "work",
                figures(count, VOTES)
                        .put("rule", "strict majority")
                        .put("least_agreement", LEAST_AGREEMENT)
                        .put("most_agreement", 1));
        ArrayNode runs = result.putArray("runs");
        Map<String, String> verdictsOfAll = verdicts(new Side("all", "", all), count, runs);
        Map<String, String> verdictsOfEarly = verdicts(new Side("early", "", early), count, runs);
        result.put("equal_verdicts", verdictsOfEarly.equals(verdictsOfAll));
        double perKept = runs.get(0).get("requests_per_kept").doubleValue();
        double perKeptEarly = runs.get(1).get("requests_per_kept").doubleValue();
        result.put("fewer", Timings.rounded(1 - perKeptEarly / perKept, 3));
        return result;
    }

    /** The winner of every question that has one; adds the run's figures. */
    private Map<String, String> verdicts(Side side, int count, ArrayNode runs)
            throws IOException, InterruptedException {
        say("vote: asking, " + side.name());
        Voted voted = new Voted(count);
        try (WholeRun run = run(side, folder.resolve("vote-" + side.name() + ".log"), voted)) {
            ObjectNode values = run.go();
            long requests = values.get("requests").longValue();
            runs.addObject()
                    .put("asking", side.name())
                    .put("requests", requests)
                    .put("kept", voted.winners.size())
                    .put("requests_per_kept", Timings.rounded((double) requests / voted.winners.size(), 3));
        }
        return voted.winners;
    }

    private WholeRun run(Side side, Path log, WholeRun.Around around) {
        return new WholeRun(side, log, folder.resolve("turn-" + side.name()), around);
    }

    private List<String> ours(Path file) {
        return List.of(
                root.toAbsolutePath().resolve("retort").toString(),
                "sample",
                "--questions",
                file.toString(),
                "--out",
                WholeRun.FOLDER,
                "--teacher",
                "openai:bench",
                "--base-url",
                server.baseUrl(),
                "--concurrency",
                Integer.toString(CONCURRENCY),
                "--quiet",
                "--fail-on-failures");
    }

    private static ObjectNode figures(int questions, int samples) {
        ObjectNode figures = Rows.mapper().createObjectNode();
        if (questions > 0) {
            figures.put("questions", questions);
        }
        return figures.put("samples_a_question", samples)
                .put("latency_ms", LATENCY_MILLIS)
                .put("concurrency", CONCURRENCY);
    }

    private Path questionsFile(int count) throws IOException {
        Path file = folder.resolve("sample-questions-" + count + ".jsonl");
        JsonLines.write(
                file, IntStream.range(0, count).mapToObj(SampleBench::question).toList());
        return file;
    }

    private static Question question(int number) {
        String text = "A library has " + (number % 89 + 3) + " shelves with " + (number % 97 + 5)
                + " books each. Every "
                + "third visitor of " + number + " borrows a book, and on Friday " + (number % 11) + " come back. How"
                + " many books are on the shelves on Saturday? Think step by step, write down what each step gives, and"
                + " end with a sentence that says what the answer is.";
        return Question.ofText("q-" + number, "books", text, null);
    }

    private void say(String text) {
        progress.println("retort: " + text);
        progress.flush();
    }

    /** Every question must have been asked about once. */
    private final class Counted implements WholeRun.Around {

        private final int count;

        Counted(int count) {
            this.count = count;
        }

        @Override
        public void before() throws IOException, InterruptedException {
            server.takeCounts();
        }

        @Override
        public ObjectNode after(Side side, Path out) throws IOException, InterruptedException {
            ObjectNode counts = server.takeCounts();
            int requests = counts.get("requests").intValue();
            int distinct = counts.get("distinct").intValue();
            if (requests != count || distinct != count) {
                throw new IOException(side.name() + " made " + requests + " requests about " + distinct
                        + " questions, where each of " + count + " is to be asked about once");
            }
            return counts;
        }
    }

    /** Votes over what was answered; a sample that was not asked for votes for nothing. */
    private final class Voted implements WholeRun.Around {

        private final int count;
        private final Map<String, String> winners = new TreeMap<>();

        Voted(int count) {
            this.count = count;
        }

        @Override
        public void before() throws IOException, InterruptedException {
            server.takeCounts();
        }

        @Override
        public ObjectNode after(Side side, Path out) throws IOException, InterruptedException {
            Map<String, List<String>> answers = new TreeMap<>();
            for (TeacherSample sample : JsonLines.read(out.resolve("samples.jsonl"), TeacherSample.class)) {
                answers.computeIfAbsent(sample.id(), id -> new ArrayList<>(Collections.nCopies(VOTES, null)))
                        .set(sample.sampleIndex(), sample.answer());
            }
            if (answers.size() != count) {
                throw new IOException(
                        side.name() + " has samples of " + answers.size() + " questions, not of " + count);
            }
            MajorityVote vote = new MajorityVote(new VoteRule.StrictMajority(), AnswerText::relaxed);
            answers.forEach((id, given) -> vote.of(given).winner().ifPresent(winner -> winners.put(id, winner)));
            return server.takeCounts();
        }
    }

    @Override
    public void close() {
        server.close();
    }
}
