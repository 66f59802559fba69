package dev.retort.teacher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.data.Message;
import dev.retort.data.Question;
import dev.retort.data.Rows;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import dev.retort.data.TokenUsage;
import dev.retort.teacher.BatchFakeServer.Fate;
import dev.retort.teacher.BatchFakeServer.Reply;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class OpenAiBatchTest {

    private static final String KEY = "sk-proj-0123456789abcdefghijklmn";
    private static final SamplingParams NONE = SamplingParams.none();

    /** The end of a process, as far as its threads can tell. */
    private static final class Killed extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    /** Time that passes only while somebody waits. */
    private static final class TestClock extends Clock {
        private Instant now = Instant.parse("2025-01-01T00:00:00Z");

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return now;
        }
    }

    /** What a listener has heard, in order. */
    private static class Heard implements BatchListener {
        final List<String> answers = new ArrayList<>();
        final List<String> failures = new ArrayList<>();
        final List<String> progress = new ArrayList<>();
        final List<TeacherSample> samples = new ArrayList<>();

        @Override
        public void answered(BatchItem item, TeacherSample sample) {
            assertThat(sample.id()).isEqualTo(item.question().id());
            assertThat(sample.sampleIndex()).isEqualTo(item.sampleIndex());
            answers.add(item.question().id() + "#" + item.sampleIndex() + "=" + sample.text());
            samples.add(sample);
        }

        @Override
        public void failed(BatchItem item, String error, boolean retryable) {
            failures.add(
                    item.question().id() + "#" + item.sampleIndex() + (retryable ? " may: " : " may not: ") + error);
        }

        @Override
        public void progress(int submitted, int done, int total) {
            progress.add(submitted + "/" + done + "/" + total);
        }
    }

    @TempDir
    private Path temp;

    private final TestClock clock = new TestClock();
    private final List<Long> waits = new ArrayList<>();
    private BatchFakeServer server;
    private Path state;
    private BatchSettings settings = BatchSettings.usual().withTransferTimeout(Duration.ofSeconds(30));

    @BeforeEach
    void start() throws IOException {
        server = new BatchFakeServer();
        state = temp.resolve("state");
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private void sleep(Duration duration) {
        if (server.isDead()) {
            throw new Killed();
        }
        waits.add(duration.toSeconds());
        clock.now = clock.now.plus(duration);
    }

    private OpenAiBatch batch(OpenAiSettings openAi) {
        return new OpenAiBatch(openAi, state, settings, clock, this::sleep);
    }

    private Heard run(List<BatchItem> items) throws Exception {
        Heard heard = new Heard();
        batch(server.settings()).run(items, NONE, heard);
        return heard;
    }

    /** Runs until the server has died, then revives it. */
    private void killed(List<BatchItem> items) throws Exception {
        assertThatThrownBy(() -> run(items)).isInstanceOf(Killed.class);
        server.revive();
        server.script = (number, request) -> Fate.USUAL;
    }

    private static BatchItem item(int question, int sampleIndex) {
        return new BatchItem(Question.ofText("q" + question, "t", "text " + question, null), sampleIndex);
    }

    private static List<BatchItem> items(int... questions) {
        return IntStream.of(questions).mapToObj(question -> item(question, 0)).toList();
    }

    private static String id(BatchItem item) {
        return SampleKey.of("openai:m", item.question().messages(), NONE, item.sampleIndex())
                .hex();
    }

    private static List<String> ids(List<BatchItem> items) {
        return items.stream().map(OpenAiBatchTest::id).toList();
    }

    private static String answer(int question) {
        return "q" + question + "#0=A:text " + question;
    }

    private String said(String rest) {
        return "openai:m: " + server.origin() + " " + rest;
    }

    private static JsonNode json(String text) throws IOException {
        return Rows.mapper().readTree(text);
    }

    /** The files of the state folder by the ends of their names, in order. */
    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(state)) {
            return files.map(file -> file.getFileName().toString().replaceFirst("^[0-9a-f]{64}", ""))
                    .filter(name -> !name.equals("lock"))
                    .sorted()
                    .toList();
        }
    }

    private Path file(String end) throws IOException {
        try (Stream<Path> files = Files.list(state)) {
            return files.filter(file -> file.getFileName().toString().endsWith(end))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private ObjectNode state(String end) throws IOException {
        return (ObjectNode) json(Files.readString(file(end)));
    }

    @Test
    void everyItemIsOneRequestOfABatch() throws Exception {
        Question question =
                new Question("q-1", "t", List.of(Message.system("Be brief."), Message.user("Why \u00e9?")), "gold");
        SamplingParams params = new SamplingParams(0.5, null, null, 16, List.of("Q:"), -8L);
        List<BatchItem> items = List.of(new BatchItem(question, 0), new BatchItem(question, 3));
        Heard heard = new Heard();
        batch(server.settings().withKey(ApiKey.of(KEY))).run(items, params, heard);

        assertThat(server.requests)
                .containsExactly(
                        "POST /v1/files",
                        "POST /v1/batches",
                        "GET /v1/batches/batch_1",
                        "GET /v1/files/file-out-batch_1/content");
        assertThat(server.keys).containsOnly("Bearer " + KEY);
        List<String> ids = items.stream()
                .map(item -> SampleKey.of("openai:m", question.messages(), params, item.sampleIndex())
                        .hex())
                .toList();
        List<JsonNode> sent = server.requests("file-1");
        assertThat(sent).hasSize(2);
        for (int i = 0; i < 2; i++) {
            assertThat(sent.get(i))
                    .isEqualTo(json("{\"custom_id\":\"" + ids.get(i)
                            + "\",\"method\":\"POST\",\"url\":\"/v1/chat/completions\",\"body\":{\"model\":\"m\","
                            + "\"messages\":[{\"role\":\"system\",\"content\":\"Be brief.\"},{\"role\":\"user\","
                            + "\"content\":\"Why \u00e9?\"}],\"temperature\":0.5,\"max_tokens\":16,\"stop\":[\"Q:\"],"
                            + "\"seed\":"
                            + (int) OpenAiTeacher.seed(
                                    -8,
                                    items.get(i).question().messages(),
                                    items.get(i).sampleIndex())
                            + "}}"));
        }
        String plan = BatchPlan.hash(ids);
        ObjectNode saved = state(".state.json");
        String boundary = "--retort-" + plan;
        assertThat(server.uploads)
                .containsExactly("multipart/form-data; boundary=retort-" + plan + "\n" + boundary
                        + "\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n" + boundary
                        + "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"" + plan
                        + ".jsonl\"\r\nContent-Type: application/jsonl\r\n\r\n"
                        + new String(server.files.get("file-1"), StandardCharsets.UTF_8) + "\r\n" + boundary
                        + "--\r\n");
        assertThat(server.orders)
                .containsExactly(json("{\"input_file_id\":\"file-1\",\"endpoint\":\"/v1/chat/completions\","
                        + "\"completion_window\":\"24h\",\"metadata\":{\"retort_plan\":\"" + plan
                        + "\",\"retort_run\":" + saved.get("run") + "}}"));
        assertThat(saved)
                .isEqualTo(json("{\"name\":\"" + plan + "\",\"run\":" + saved.get("run") + ",\"server\":\""
                        + server.origin() + "\",\"file_id\":\"file-1\",\"batch_id\":\"batch_1\","
                        + "\"ended\":\"completed\",\"ignored\":0}"));
        assertThat(heard.samples).containsExactly(sample(question, 0, params), sample(question, 3, params));
        assertThat(heard.failures).isEmpty();
        assertThat(heard.progress).containsExactly("2/0/2", "2/2/2");
        assertThat(waits).containsExactly(10L);
        assertThat(files()).containsExactly(".output.jsonl", ".state.json");
    }

    private static TeacherSample sample(Question question, int index, SamplingParams params) {
        return new TeacherSample(
                question.id(),
                question.task(),
                question.messages(),
                index,
                "A:Why \u00e9?",
                null,
                null,
                "stop",
                "openai:m",
                params,
                new TokenUsage(7, 5, 1),
                Map.of());
    }

    @Test
    void theSampleIsTheOneThatTheTeacherGives() throws Exception {
        BatchItem item = item(1, 0);
        Heard heard = run(List.of(item));
        try (FakeOpenAi other = new FakeOpenAi()) {
            other.gives(FakeOpenAi.choice("A:text 1"));
            OpenAiTeacher teacher = new OpenAiTeacher(other.settings());
            assertThat(heard.samples).isEqualTo(teacher.sample(item.question(), NONE, List.of(0)));
            assertThat(server.requests("file-1").get(0).get("body")).isEqualTo(other.bodies.get(0));
            assertThat(batch(server.settings()).name()).isEqualTo(teacher.name());
        }
    }

    @Test
    void nothingIsSentForNothing() throws Exception {
        Heard heard = run(List.of());
        assertThat(server.requests).isEmpty();
        assertThat(heard.progress).containsExactly("0/0/0");
    }

    @Test
    void equalItemsAreSentOnceAndAllAnswered() throws Exception {
        Question same = Question.ofText("q0", "other", "text 1", null);
        SamplingParams seeded = NONE.withSeed(5L);
        for (List<BatchItem> order : List.of(
                List.of(item(1, 0), item(1, 0), new BatchItem(same, 0)),
                List.of(new BatchItem(same, 0), item(1, 0), item(1, 0)))) {
            Heard heard = new Heard();
            batch(server.settings()).run(order, seeded, heard);
            assertThat(heard.answers).containsExactlyInAnyOrder("q1#0=A:text 1", "q1#0=A:text 1", "q0#0=A:text 1");
            assertThat(heard.progress).last().isEqualTo("3/3/3");
            state = temp.resolve("another");
        }
        assertThat(server.submitted).hasSize(2);
        for (String file : List.of("file-1", "file-2")) {
            assertThat(server.requests(file).get(0).at("/body/seed").intValue())
                    .isEqualTo((int) OpenAiTeacher.seed(5, same.messages(), 0));
        }
    }

    @Test
    void batchesAreBounded() throws Exception {
        settings = settings.withMostRequests(2);
        List<BatchItem> items = items(1, 2, 3, 4, 5);
        Heard heard = run(items);
        assertThat(server.orders).hasSize(3);
        assertThat(server.submitted).containsExactlyElementsOf(ids(items));
        assertThat(heard.answers).containsExactly(answer(1), answer(2), answer(3), answer(4), answer(5));
        assertThat(heard.progress).containsExactly("5/0/5", "5/5/5");

        int line = new String(server.files.get("file-1"), StandardCharsets.UTF_8).split("\n")[0].length() + 1;
        state = temp.resolve("bytes");
        settings = BatchSettings.usual().withMostBytes(2L * line);
        BatchItem tooLong = new BatchItem(Question.ofText("long", "t", "x".repeat(2 * line), null), 0);
        Heard bounded = run(List.of(item(1, 0), tooLong, item(2, 0), item(3, 0)));
        assertThat(server.orders).hasSize(5);
        assertThat(server.files.get("file-4")).hasSize(2 * line);
        assertThat(bounded.answers).containsExactly(answer(1), answer(2), answer(3));
        assertThat(bounded.failures)
                .containsExactly("long#0 may not: openai:m: the request is longer than the " + 2 * line
                        + " bytes that a batch may have");
    }

    @Test
    void aSlowBatchIsLookedAtLessAndLessOften() throws Exception {
        server.looks = 7;
        Heard heard = run(items(1));
        assertThat(waits).containsExactly(10L, 20L, 40L, 80L, 160L, 300L, 300L, 300L);
        assertThat(heard.answers).containsExactly(answer(1));
        assertThat(heard.progress).startsWith("1/0/1", "1/1/1").last().isEqualTo("1/1/1");
        assertThat(server.orders).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST /v1/files", "POST /v1/batches", "GET /v1/batches/batch_1", "GET /v1/files/file-out"})
    void whatPassesIsTriedAgain(String request) throws Exception {
        List<Reply> replies = new ArrayList<>(List.of(
                new Reply(429, "", "77"),
                new Reply(500, "<html>", null),
                new Reply(200, "{", null),
                new Reply(503, "{\"error\":\"busy\"}", "1")));
        boolean isDownload = request.endsWith("out");
        if (isDownload) {
            replies.remove(2);
        }
        server.refusal = (number, what) -> what.startsWith(request) && !replies.isEmpty() ? replies.remove(0) : null;
        Heard heard = run(items(1, 2));
        assertThat(heard.answers).containsExactly(answer(1), answer(2));
        assertThat(waits).contains(77L);
        assertThat(server.submitted).containsExactlyElementsOf(ids(items(1, 2)));
        assertThat(server.count("GET /v1/batches?")).isEqualTo(request.equals("POST /v1/batches") ? 4 : 0);
        if (isDownload) {
            assertThat(server.count("POST")).isEqualTo(2);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Fate.class,
            names = {"CUT_BEFORE", "CUT_AFTER", "CUT_IN_THE_BODY"})
    void aBatchIsMadeOnceWhereTheConnectionBreaks(Fate fate) throws Exception {
        boolean[] isCut = new boolean[1];
        server.script = (number, request) -> {
            boolean cut = request.equals("POST /v1/batches") && !isCut[0];
            isCut[0] |= cut;
            return cut ? fate : Fate.USUAL;
        };
        Heard heard = run(items(1, 2));
        assertThat(heard.answers).containsExactly(answer(1), answer(2));
        assertThat(heard.progress).containsExactly("0/0/2", "2/0/2", "2/2/2");
        assertThat(server.submitted).containsExactlyElementsOf(ids(items(1, 2)));
        assertThat(server.requests.subList(1, 3)).containsExactly("POST /v1/batches", "GET /v1/batches?limit=100");
        assertThat(server.count("POST /v1/batches")).isEqualTo(fate == Fate.CUT_BEFORE ? 2 : 1);
    }

    @Test
    void aDownloadThatBreaksIsRepeatedAlone() throws Exception {
        server.failures =
                request -> List.of(BatchFakeServer.line(request.get("custom_id").textValue(), 500, "{}"));
        boolean[] isCut = new boolean[1];
        server.script = (number, request) -> {
            boolean cut = request.startsWith("GET /v1/files/file-err") && !isCut[0];
            isCut[0] |= cut;
            return cut ? Fate.CUT_IN_THE_BODY : Fate.USUAL;
        };
        Heard heard = run(items(1));
        assertThat(heard.answers).containsExactly(answer(1));
        assertThat(heard.failures).isEmpty();
        assertThat(server.requests)
                .containsExactly(
                        "POST /v1/files",
                        "POST /v1/batches",
                        "GET /v1/batches/batch_1",
                        "GET /v1/files/file-out-batch_1/content",
                        "GET /v1/files/file-err-batch_1/content",
                        "GET /v1/batches/batch_1",
                        "GET /v1/files/file-err-batch_1/content");
        assertThat(files()).containsExactly(".errors.jsonl", ".output.jsonl", ".state.json");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void theListIsReadToItsEnd(boolean saysMore) throws Exception {
        server.script = (number, request) -> request.equals("POST /v1/batches") ? Fate.DIE_AFTER : Fate.USUAL;
        killed(items(1));
        for (int i = 0; i < 250; i++) {
            ObjectNode other =
                    server.batches.get(0).deepCopy().put("id", "other_" + i).put("input_file_id", "x");
            if (i % 2 == 0) {
                other.putNull("metadata");
            } else {
                ((ObjectNode) other.get("metadata")).put("retort_run", "another folder's");
            }
            server.batches.add(other);
        }
        server.saysMore = saysMore;
        assertThat(run(items(1)).answers).containsExactly(answer(1));
        assertThat(server.requests.subList(2, 6))
                .containsExactly(
                        "GET /v1/batches?limit=100",
                        "GET /v1/batches?limit=100&after=other_150",
                        "GET /v1/batches?limit=100&after=other_50",
                        "GET /v1/batches/batch_1");
        assertThat(server.submitted).hasSize(1);
    }

    @Test
    void metadataAloneTellsABatchToo() throws Exception {
        server.script = (number, request) -> request.equals("POST /v1/batches") ? Fate.DIE_AFTER : Fate.USUAL;
        killed(items(1));
        String file = server.batches.get(0).get("input_file_id").textValue();
        server.batches.get(0).put("input_file_id", "renamed");
        server.files.put("renamed", server.files.get(file));
        assertThat(run(items(1)).answers).containsExactly(answer(1));
        assertThat(server.submitted).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"data\":[{\"id\":\"b\"}],\"has_more\":true}",
                "{\"data\":[],\"has_more\":true}",
                "{\"data\":7}",
                "{}",
                "[]"
            })
    void noBatchIsMadeWhereTheListCannotBeTrusted(String list) throws Exception {
        settings = settings.withDeadline(Duration.ofMinutes(1));
        server.script = (number, request) -> request.equals("POST /v1/batches") ? Fate.DIE_AFTER : Fate.USUAL;
        killed(items(1));
        server.refusal = (number, request) -> request.contains("?") ? new Reply(200, list, null) : null;
        Heard heard = run(items(1));
        assertThat(heard.answers).isEmpty();
        assertThat(heard.failures).hasSize(1);
        assertThat(heard.failures.get(0))
                .startsWith("q1#0 may: " + said(""))
                .endsWith("; given up after 1m, the next run goes on from here");
        assertThat(server.submitted).hasSize(1);
        server.refusal = (number, request) -> null;
        assertThat(run(items(1)).answers).containsExactly(answer(1));
        assertThat(server.submitted).hasSize(1);
    }

    @Test
    void aServerWithoutAListIsNotAskedTwice() throws Exception {
        server.script = (number, request) -> request.equals("POST /v1/batches") ? Fate.DIE_BEFORE : Fate.USUAL;
        killed(items(1));
        server.refusal = (number, request) -> request.contains("?") ? new Reply(404, "", null) : null;
        TeacherException error = catchThrowableOfType(TeacherException.class, () -> run(items(1)));
        assertThat(error)
                .hasMessage(said("answers with status 404; check the base URL, this server may have no Batch API"));
        assertThat(server.submitted).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "0, true", "0, false", "1, true", "1, false", "2, true", "2, false", "3, true", "3, false", "4, true",
        "4, false", "5, true", "5, false", "6, true", "6, false", "7, true", "7, false", "8, true", "8, false",
        "9, true", "9, false"
    })
    void killedAtAnyRequestEachPairIsSubmittedOnce(int at, boolean before) throws Exception {
        settings = settings.withMostRequests(2);
        server.looks = 1;
        server.failures =
                request -> List.of(BatchFakeServer.line(request.get("custom_id").textValue(), 500, "{}"));
        server.script = (number, request) -> number != at ? Fate.USUAL : before ? Fate.DIE_BEFORE : Fate.DIE_AFTER;
        List<BatchItem> items = items(1, 2, 3);
        killed(items);
        Heard heard = run(items);
        assertThat(heard.answers).containsExactlyInAnyOrder(answer(1), answer(2), answer(3));
        assertThat(heard.failures).isEmpty();
        assertThat(server.submitted).containsExactlyInAnyOrderElementsOf(ids(items));
        assertThat(files())
                .containsExactly(
                        ".errors.jsonl",
                        ".errors.jsonl",
                        ".output.jsonl",
                        ".output.jsonl",
                        ".state.json",
                        ".state.json");
        long asked = server.requests.size();
        assertThat(run(items).answers).containsExactlyInAnyOrder(answer(1), answer(2), answer(3));
        assertThat(server.requests).hasSize((int) asked);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void killedAgainAndAgainEachPairIsSubmittedOnce(long seed) throws Exception {
        SplittableRandom random = new SplittableRandom(seed);
        settings = settings.withMostRequests(2);
        server.looks = 2;
        List<BatchItem> items = items(1, 2, 3, 4, 5);
        Fate[] fates = {Fate.CUT_BEFORE, Fate.CUT_AFTER, Fate.CUT_IN_THE_BODY, Fate.DIE_BEFORE, Fate.DIE_AFTER};
        server.script = (number, request) -> random.nextInt(2) == 0 ? Fate.USUAL : fates[random.nextInt(fates.length)];
        Set<String> heardEver = new TreeSet<>();
        for (int i = 0; i < 30; i++) {
            List<BatchItem> some =
                    items.stream().filter(item -> random.nextInt(3) > 0).toList();
            int hears = random.nextInt(6);
            Heard heard = new Heard() {
                @Override
                public void answered(BatchItem item, TeacherSample sample) {
                    if (answers.size() == hears) {
                        throw new Killed();
                    }
                    super.answered(item, sample);
                }
            };
            try {
                batch(server.settings()).run(some, NONE, heard);
                assertThat(heard.answers).hasSameSizeAs(some);
            } catch (Killed e) {
                server.revive();
            }
            heardEver.addAll(heard.answers);
            assertThat(heard.failures).isEmpty();
            assertThat(server.submitted).doesNotHaveDuplicates();
        }
        server.script = (number, request) -> Fate.USUAL;
        Heard last = run(items);
        assertThat(last.answers).containsExactlyInAnyOrder(answer(1), answer(2), answer(3), answer(4), answer(5));
        assertThat(last.answers).containsAll(heardEver);
        assertThat(server.submitted).containsExactlyInAnyOrderElementsOf(ids(items));
    }

    @Test
    void whatAKilledRunLeavesHalfDoneIsRepeated() throws Exception {
        run(items(1));
        Path stateFile = file(".state.json");
        String name = stateFile.getFileName().toString().replace(".state.json", "");
        BatchPlan plan = BatchPlan.parse(Files.readString(stateFile));
        Path requests = state.resolve(name + ".requests.jsonl");
        Files.write(requests, server.files.get("file-1"));
        Files.writeString(stateFile, plan.submitted(plan.batchId()).format());
        String other = "0".repeat(64);
        Files.writeString(state.resolve(name + ".errors.jsonl.partial"), "{\"cus");
        Files.writeString(state.resolve(other + ".state.json.partial"), "{");
        Files.writeString(state.resolve(other + ".requests.jsonl"), "{}");
        Files.writeString(state.resolve("notes.txt"), "mine");
        assertThat(run(items(1)).answers).containsExactly(answer(1));
        assertThat(server.requests.subList(4, server.requests.size())).containsExactly("GET /v1/batches/batch_1");
        assertThat(files()).containsExactly(".output.jsonl", ".state.json", "notes.txt");
        assertThat(server.submitted).hasSize(1);
    }

    @Test
    void whatIsNoLongerAskedForIsKept() throws Exception {
        server.script = (number, request) -> request.startsWith("GET") ? Fate.DIE_BEFORE : Fate.USUAL;
        killed(items(1, 2, 3));
        assertThat(run(items(2, 4)).answers).containsExactly(answer(2), answer(4));
        assertThat(server.submitted).containsExactlyElementsOf(ids(items(1, 2, 3, 4)));
        long asked = server.requests.size();
        assertThat(run(items(1, 2, 3, 4)).answers)
                .containsExactlyInAnyOrder(answer(1), answer(2), answer(3), answer(4));
        assertThat(server.requests).hasSize((int) asked);
    }

    @Test
    void whatNobodyAsksForIsCollectedButNotWaitedFor() throws Exception {
        server.looks = 1;
        server.script = (number, request) -> request.startsWith("GET") ? Fate.DIE_BEFORE : Fate.USUAL;
        killed(items(1));
        assertThat(run(List.of()).progress).containsExactly("0/0/0");
        assertThat(server.requests).last().isEqualTo("GET /v1/batches/batch_1");
        assertThat(files()).containsExactly(".requests.jsonl", ".state.json");
        run(List.of());
        assertThat(files()).containsExactly(".output.jsonl", ".state.json");
        // A batch that nobody waits for and that the server has lost stops nobody.
        server.script = (number, request) -> request.equals("POST /v1/batches") ? Fate.DIE_AFTER : Fate.USUAL;
        killed(items(2));
        server.refusal = (number, request) -> request.endsWith("batch_2") ? new Reply(404, "", null) : null;
        assertThat(run(items(3)).answers).containsExactly(answer(3));
        server.refusal = (number, request) -> null;
        assertThat(run(items(1, 2)).answers).containsExactly(answer(1), answer(2));
        assertThat(server.submitted).containsExactlyElementsOf(ids(items(1, 2, 3)));
    }

    @Test
    void whatWasNotSubmittedAndNobodyAsksForIsNeverSubmitted() throws Exception {
        server.script = (number, request) -> request.equals("POST /v1/batches") ? Fate.DIE_BEFORE : Fate.USUAL;
        killed(items(1));
        assertThat(files()).containsExactly(".requests.jsonl", ".state.json");
        run(List.of());
        assertThat(files()).isEmpty();
        assertThat(server.submitted).isEmpty();
    }

    @Test
    void anUploadedFileIsUsedAgain() throws Exception {
        server.script = (number, request) -> request.equals("POST /v1/batches") ? Fate.DIE_BEFORE : Fate.USUAL;
        killed(items(1));
        run(items(1));
        assertThat(server.uploads).hasSize(1);
        assertThat(server.submitted).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"expired", "cancelled"})
    void whatABatchLeavesOutMayBeAskedAgain(String end) throws Exception {
        server.end = end;
        server.output =
                request -> request.toString().contains("text 1") ? List.of(BatchFakeServer.answer(request)) : List.of();
        server.failures = request -> request.toString().contains("text 2")
                ? List.of("{\"id\":\"r\",\"custom_id\":" + request.get("custom_id") + ",\"response\":null,"
                        + "\"error\":{\"code\":\"batch_expired\",\"message\":\"Too late.\"}}")
                : List.of();
        Heard heard = run(items(1, 2, 3));
        assertThat(heard.answers).containsExactly(answer(1));
        assertThat(heard.failures)
                .containsExactly(
                        "q2#0 may: " + said("answers with an error: Too late."),
                        "q3#0 may: " + said("has ended batch batch_1 as " + end + " without an answer to this"));
        assertThat(heard.progress).last().isEqualTo("3/3/3");
        // The next runs ask for the rest alone; equal plans have different names.
        run(items(2, 3));
        server.end = "completed";
        server.output = request -> List.of(BatchFakeServer.answer(request));
        server.failures = request -> List.of();
        assertThat(run(items(1, 2, 3)).answers).containsExactly(answer(1), answer(2), answer(3));
        String rest = BatchPlan.hash(ids(items(2, 3)));
        assertThat(server.orders)
                .extracting(order -> order.at("/metadata/retort_plan").textValue())
                .containsExactly(BatchPlan.hash(ids(items(1, 2, 3))), rest, rest + "-2");
        assertThat(server.submitted).containsExactlyElementsOf(ids(items(1, 2, 3, 2, 3, 2, 3)));
    }

    @Test
    void failuresSayWhetherTheyPass() throws Exception {
        server.output =
                request -> switch (request.at("/body/messages/0/content").textValue()) {
                    case "text 1" -> List.of(
                            BatchFakeServer.line(request.get("custom_id").textValue(), 200, "{}"));
                    case "text 2" -> List.of(BatchFakeServer.line(
                            request.get("custom_id").textValue(), 400, "{\"error\":{\"message\":\"too\\nlong\"}}"));
                    default -> List.of();
                };
        server.failures =
                request -> switch (request.at("/body/messages/0/content").textValue()) {
                    case "text 3" -> List.of(
                            BatchFakeServer.line(request.get("custom_id").textValue(), 429, "null"));
                    case "text 4" -> List.of(
                            BatchFakeServer.line(request.get("custom_id").textValue(), 404, "null"));
                    default -> List.of();
                };
        assertThat(run(items(1, 2, 3, 4, 5)).failures)
                .containsExactly(
                        "q1#0 may: " + said("answers without a completion"),
                        "q2#0 may not: " + said("answers with status 400: too long"),
                        "q3#0 may: " + said("answers with status 429"),
                        "q4#0 may not: " + said("answers with status 404"),
                        "q5#0 may: " + said("has ended batch batch_1 as completed without an answer to this"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "[{\"code\":\"token_limit_exceeded\",\"message\":\"Enqueued token limit\"}]|may|: Enqueued token"
                        + " limit",
                "[{\"code\":\"model_not_found\",\"message\":\"no m\"},{\"message\":\"b\"}]|may not|: no m",
                "[{\"code\":\"server_error\"}]|may|: server_error",
                "[]|may|' without an answer to this'"
            })
    void aBatchThatFailsAsAWholeSaysWhy(String errors, String may, String problem) throws Exception {
        server.end = "failed";
        server.output = request -> List.of();
        server.errors = json("{\"object\":\"list\",\"data\":" + errors + "}");
        assertThat(run(items(1)).failures)
                .containsExactly("q1#0 " + may + ": " + said("has ended batch batch_1 as failed" + problem));
    }

    @Test
    void otherLinesAreCountedAndIgnored() throws Exception {
        String foreign = "f".repeat(64);
        OpenAiSettings small = server.settings().withMostBytes(4000);
        server.output = request -> {
            String id = request.get("custom_id").textValue();
            return request.toString().contains("text 1")
                    ? List.of(
                            "not JSON",
                            "",
                            "[]",
                            BatchFakeServer.answer(foreign, "stolen"),
                            BatchFakeServer.answer("q1", "stolen"),
                            "{\"custom_id\":7}",
                            BatchFakeServer.line(id, 200, "{\"choices\":[]}"),
                            BatchFakeServer.line(id, 500, "{}"),
                            BatchFakeServer.answer(request),
                            BatchFakeServer.answer(id, "twice"))
                    : List.of(BatchFakeServer.answer(id, "x".repeat(4000 + (64 << 10))));
        };
        Heard heard = new Heard();
        batch(small).run(items(1, 2), NONE, heard);
        assertThat(heard.answers).containsExactly(answer(1));
        assertThat(heard.failures)
                .containsExactly("q2#0 may: " + said("has ended batch batch_1 as completed without an answer to this"));
        assertThat(state(".state.json").get("ignored").intValue()).isEqualTo(6);
        assertThat(Files.readString(file(".output.jsonl"))).doesNotContain("stolen", "xxx", "not JSON");
    }

    @Test
    void aFileOfResultsIsBounded() throws Exception {
        settings = settings.withDeadline(Duration.ofSeconds(25));
        server.output = request -> List.of("{}\n".repeat(50_000));
        Heard heard = new Heard();
        batch(server.settings().withMostBytes(1000)).run(items(1), NONE, heard);
        assertThat(heard.failures)
                .containsExactly("q1#0 may: "
                        + said("answers with more than " + 2 * (1000 + (64 << 10))
                                + " bytes; given up after 25s, the next run goes on from here"));
        assertThat(waits).containsExactly(10L, 15L);
    }

    @Test
    void aBatchThatTakesTooLongIsTakenUpByTheNextRun() throws Exception {
        settings = settings.withDeadline(Duration.ofMinutes(1));
        server.looks = 3;
        assertThat(run(items(1, 2)).failures)
                .containsExactly(
                        "q1#0 may: "
                                + said("has not ended batch batch_1; given up after 1m, the next run goes on from"
                                        + " here"),
                        "q2#0 may: "
                                + said("has not ended batch batch_1; given up after 1m, the next run goes on from"
                                        + " here"));
        assertThat(waits).containsExactly(10L, 20L, 30L);
        assertThat(run(items(1, 2)).answers).containsExactly(answer(1), answer(2));
        assertThat(server.submitted).hasSize(2);
    }

    @Test
    void aBatchMayShowItsFilesLater() throws Exception {
        server.isLate = true;
        assertThat(run(items(1)).answers).containsExactly(answer(1));
        assertThat(server.count("GET /v1/batches/")).isEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource({"POST /v1/files, 1", "POST /v1/batches, 2", "GET /v1/batches/batch_1, 1"})
    void aRefusalEndsTheRunAndTheNextGoesOn(String request, int uploads) throws Exception {
        server.refusal = (number, what) ->
                what.equals(request) ? new Reply(401, "{\"error\":{\"message\":\"no credit\"}}", null) : null;
        TeacherException error = catchThrowableOfType(TeacherException.class, () -> run(items(1)));
        assertThat(error).hasMessage(said("answers with status 401: no credit; check OPENAI_API_KEY"));
        assertThat(error.retryable()).isFalse();
        server.refusal = (number, what) -> null;
        assertThat(run(items(1)).answers).containsExactly(answer(1));
        assertThat(server.submitted).hasSize(1);
        assertThat(server.uploads).hasSize(uploads);
    }

    @Test
    void aBatchThatTheServerDoesNotKnowIsNotSentAgain() throws Exception {
        server.refusal = (number, request) -> request.contains("batch_1") ? new Reply(404, "", null) : null;
        String help = "batch batch_1; the server does not know it: use the base URL (" + server.origin()
                + ") and the key that it was sent with, or delete ";
        for (String what : List.of(" for ", " for a file of ")) {
            TeacherException error = catchThrowableOfType(TeacherException.class, () -> run(items(1)));
            assertThat(error)
                    .hasMessage(said("answers with status 404" + what + help + file(".state.json") + " if it is lost"));
            server.refusal = (number, request) -> request.contains("file-out") ? new Reply(404, "", null) : null;
        }
        assertThat(server.submitted).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"..", "a/b", "", "x?y", "\u00e9", KEY})
    void idsThatCannotStandInAnAddressAreRefused(String id) throws Exception {
        settings = settings.withDeadline(Duration.ofSeconds(5));
        server.refusal = (number, request) ->
                request.equals("POST /v1/files") ? new Reply(200, "{\"id\":\"" + id + "\"}", null) : null;
        Heard heard = new Heard();
        batch(server.settings().withKey(ApiKey.of(KEY))).run(items(1), NONE, heard);
        assertThat(heard.failures)
                .containsExactly("q1#0 may: "
                        + said("answers without the id of a file that can be used; given up after 5s, the next run goes"
                                + " on from here"));
        assertThat(server.orders).isEmpty();
    }

    @Test
    void nothingHoldsTheKey() throws Exception {
        settings = settings.withDeadline(Duration.ofMinutes(2));
        String echo = "{\"error\":{\"message\":\"you sent Bearer " + KEY + ", " + KEY.substring(3, 20) + "\"}}";
        Set<String> refused = new HashSet<>();
        server.refusal = (number, request) ->
                refused.add(request.replaceFirst("file-.*", "")) ? new Reply(500, echo, null) : null;
        server.output = request -> request.toString().contains("text 1")
                ? List.of(BatchFakeServer.line(request.get("custom_id").textValue(), 401, echo))
                : List.of(BatchFakeServer.line(request.get("custom_id").textValue(), 200, echo), "{\"" + KEY + "\":1}");
        server.failures = request -> List.of("{\"custom_id\":" + request.get("custom_id") + ",\"error\":{\"code\":\""
                + KEY + "\"},\"" + KEY + "\":\"" + KEY + "\"}");
        OpenAiBatch batch = batch(server.settings().withKey(ApiKey.of(KEY)));
        Heard heard = new Heard();
        batch.run(items(1, 3), NONE, heard);
        server.end = "failed";
        server.errors = json("{\"data\":[" + echo.replaceFirst("^\\{\"error\":(.*)\\}$", "$1") + "]}");
        server.output = request -> List.of();
        batch.run(items(4), NONE, heard);
        server.refusal = (number, request) -> new Reply(403, echo, null);
        TeacherException error = catchThrowableOfType(TeacherException.class, () -> batch.run(items(5), NONE, heard));
        assertThat(heard.failures).hasSize(3);
        assertThat(heard.failures + error.toString()).contains("[key]").doesNotContain("0123", "4567", "klmn");
        try (Stream<Path> files = Files.list(state)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                String text = Files.readString(file);
                if (file.toString().endsWith(".output.jsonl")) {
                    // An answer is kept as it is, whatever the model has said.
                    text = text.replace("\"body\":" + echo, "");
                }
                assertThat(text).as(file.toString()).doesNotContain("0123456789abcdefg", "klmn");
            }
        }
        assertThat(server.keys).containsOnly("Bearer " + KEY);
    }

    @Test
    void oneRunAtATimeUsesAFolder() throws Exception {
        Heard heard = new Heard() {
            @Override
            public void answered(BatchItem item, TeacherSample sample) {
                assertThatThrownBy(() -> OpenAiBatchTest.this.run(items(2)))
                        .isInstanceOf(IOException.class)
                        .hasMessage(state + ": another run uses this folder; let it end, or give this one another");
                super.answered(item, sample);
            }
        };
        batch(server.settings()).run(items(1), NONE, heard);
        assertThat(heard.answers).containsExactly(answer(1));
        assertThat(run(items(2)).answers).containsExactly(answer(2));
    }

    @Test
    void anInterruptedRunIsTakenUpByTheNext() throws Exception {
        OpenAiBatch batch = new OpenAiBatch(server.settings(), state, settings, clock, duration -> {
            throw new InterruptedException();
        });
        assertThatThrownBy(() -> batch.run(items(1), NONE, new Heard())).isInstanceOf(InterruptedException.class);
        assertThat(run(items(1)).answers).containsExactly(answer(1));
        // Answers that are there are given whether or not somebody wants to stop.
        Thread.currentThread().interrupt();
        assertThat(run(items(1)).answers).containsExactly(answer(1));
        assertThatThrownBy(() -> run(items(2))).isInstanceOf(InterruptedException.class);
        assertThat(Thread.interrupted()).isFalse();
        assertThat(run(items(2)).answers).containsExactly(answer(2));
        assertThat(server.submitted).containsExactlyElementsOf(ids(items(1, 2)));
    }

    @Test
    void filesThatAreNotOursAreNamed() throws Exception {
        server.script = (number, request) -> request.startsWith("GET") ? Fate.DIE_BEFORE : Fate.USUAL;
        killed(items(1));
        Path stateFile = file(".state.json");
        Path requests = file(".requests.jsonl");
        String good = Files.readString(stateFile);
        Files.writeString(requests, Files.readString(requests).replace("{\"custom_id", "{\"custom_ID"));
        refused(requests + ": not the requests that " + stateFile
                + " was made for; put it right, or delete both if their batch is lost");
        Files.delete(requests);
        refused(requests + ": not the requests that " + stateFile
                + " was made for; put it right, or delete both if their batch is lost");
        Files.writeString(stateFile, "{\"ignored\":0}");
        refused(stateFile
                + ": not the state of a batch: name is no hash; put it right, or delete it if its batch is lost");
        Files.write(stateFile, new byte[] {(byte) 0xff});
        refused(stateFile + ": not the state of a batch: not UTF-8; put it right, or delete it if its batch is lost");
        Files.writeString(stateFile, " ".repeat(100_000));
        refused(stateFile + ": not the state of a batch: too long; put it right, or delete it if its batch is lost");
        Files.delete(stateFile);
        Path renamed = state.resolve("0".repeat(64) + ".state.json");
        Files.writeString(renamed, good);
        refused(renamed + ": not the state of a batch: it belongs to another file; put it right, or delete it if its"
                + " batch is lost");
    }

    private void refused(String message) {
        assertThatThrownBy(() -> run(items(1))).isInstanceOf(IOException.class).hasMessage(message);
    }

    @Test
    void anAnswerFileThatIsNotUtf8IsNamed() throws Exception {
        run(items(1));
        Path output = file(".output.jsonl");
        Files.write(output, new byte[] {(byte) 0xff, '\n'});
        refused(output + ": not UTF-8; put it right, or delete it to ask again for what it holds");
        Files.delete(output);
        assertThat(run(items(1)).answers).containsExactly(answer(1));
    }

    @Test
    void openAiNeedsAKey() {
        assertThatThrownBy(() -> new OpenAiBatch(OpenAiSettings.of("gpt-4o"), state, settings))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("OPENAI_API_KEY is not set; set it, or give the base URL of a server that needs no key");
    }
}
