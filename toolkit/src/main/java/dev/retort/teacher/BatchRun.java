package dev.retort.teacher;

import dev.retort.data.AtomicFiles;
import dev.retort.data.JsonLines;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import java.io.BufferedOutputStream;
import java.io.BufferedReader;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One run over a state folder. Each round brings every open batch as far as it goes (uploaded, submitted, ended and
 * collected), and what fails for the time being is tried again in the next; every step is on disk before the next is made.
 */
final class BatchRun {

    /** Waits, so that tests need not. */
    @FunctionalInterface
    interface Sleeper {
        void sleep(Duration duration) throws InterruptedException;
    }

    /** What a run is made with. */
    record Parts(BatchSettings settings, OpenAiChat chat, OpenAiHttp http, BatchServer server, String origin) {}

    /** A batch that has not ended. */
    private static final class Open {
        private final Set<String> customIds;
        /** How many items of this run wait for it. */
        private final int items;

        private BatchPlan plan;
        /** Whether a batch may have been made that we have not heard of. */
        private boolean isUnsure;

        private boolean isOver;
        private long finishedOnServer;
        /** Lines of its results that are of no use. */
        private long ignored;

        private String problem;

        private Open(BatchPlan plan, Set<String> customIds, int items, boolean isUnsure) {
            this.plan = plan;
            this.customIds = customIds;
            this.items = items;
            this.isUnsure = isUnsure;
        }
    }

    private static final Logger LOG = LoggerFactory.getLogger(BatchRun.class);

    private final Parts parts;
    private final BatchFolder folder;
    private final Clock clock;
    private final Sleeper sleeper;
    private final SamplingParams params;
    private final BatchListener listener;
    private final int total;
    /** The items that the listener has not heard of, by custom id. */
    private final Map<String, List<BatchItem>> waiting = new LinkedHashMap<>();

    private final List<Open> open = new ArrayList<>();
    private int heard;

    BatchRun(
            Parts parts,
            BatchFolder folder,
            Clock clock,
            Sleeper sleeper,
            List<BatchItem> items,
            SamplingParams params,
            BatchListener listener) {
        this.parts = parts;
        this.folder = folder;
        this.clock = clock;
        this.sleeper = sleeper;
        this.params = params;
        this.listener = listener;
        total = items.size();
        for (BatchItem item : items) {
            SampleKey key = SampleKey.of(parts.chat().name(), item.question().messages(), params, item.sampleIndex());
            waiting.computeIfAbsent(key.hex(), id -> new ArrayList<>(1)).add(item);
        }
    }

    void run() throws IOException, TeacherException, InterruptedException {
        takeUp();
        plan();
        Instant end = clock.instant().plus(parts.settings().deadline());
        Duration wait = parts.settings().firstWait();
        while (true) {
            Duration rest = Duration.ZERO;
            boolean hasMoved = false;
            for (Open batch : open) {
                BatchPlan before = batch.plan;
                Duration asked = advance(batch);
                rest = rest.compareTo(asked) < 0 ? asked : rest;
                hasMoved |= !batch.plan.equals(before);
            }
            open.removeIf(batch -> batch.isOver);
            tell();
            if (open.stream().noneMatch(batch -> batch.items > 0)) {
                return;
            }
            Duration left = Duration.between(clock.instant(), end);
            if (left.isNegative() || left.isZero()) {
                giveUp();
                return;
            }
            wait = hasMoved ? parts.settings().firstWait() : wait;
            sleeper.sleep(shorter(left, rest.compareTo(wait) > 0 ? rest : wait));
            wait = shorter(wait.multipliedBy(2), parts.settings().mostWait());
        }
    }

    private static Duration shorter(Duration a, Duration b) {
        return a.compareTo(b) < 0 ? a : b;
    }

    /** Gives what ended batches have answered, and goes on with those that have not ended. */
    private void takeUp() throws IOException {
        List<BatchPlan> plans = folder.plans();
        for (BatchPlan plan : plans) {
            if (plan.ended() != null) {
                // What failed in it is asked again.
                giveAnswers(plan, new HashMap<>());
            }
        }
        for (BatchPlan plan : plans) {
            if (plan.ended() == null) {
                open(plan, folder.customIds(plan), plan.batchId() == null);
            }
        }
    }

    private void open(BatchPlan plan, Set<String> customIds, boolean isUnsure) {
        int items = customIds.stream()
                .mapToInt(id -> waiting.getOrDefault(id, List.of()).size())
                .sum();
        open.add(new Open(plan, customIds, items, isUnsure));
    }

    /** Cuts new batches of what no batch has. */
    private void plan() throws IOException {
        List<Open> earlier = List.copyOf(open);
        Set<String> next = new LinkedHashSet<>();
        List<String> tooLong = new ArrayList<>();
        long bytes = 0;
        for (Map.Entry<String, List<BatchItem>> entry : waiting.entrySet()) {
            String id = entry.getKey();
            if (earlier.stream().anyMatch(batch -> batch.customIds.contains(id))) {
                continue;
            }
            int size = request(id, entry.getValue()).getBytes(StandardCharsets.UTF_8).length;
            if (size > parts.settings().mostBytes()) {
                tooLong.add(id);
                continue;
            }
            if (next.size() == parts.settings().mostRequests()
                    || bytes + size > parts.settings().mostBytes()) {
                create(next);
                next = new LinkedHashSet<>();
                bytes = 0;
            }
            next.add(id);
            bytes += size;
        }
        if (!next.isEmpty()) {
            create(next);
        }
        for (String id : tooLong) {
            fail(
                    id,
                    parts.chat().name() + ": the request is longer than the "
                            + parts.settings().mostBytes() + " bytes that a batch may have",
                    false);
        }
    }

    private void create(Set<String> customIds) throws IOException {
        BatchPlan plan = folder.create(customIds, parts.origin(), writer -> {
            for (String id : customIds) {
                writer.write(request(id, waiting.get(id)));
            }
        });
        open(plan, customIds, false);
    }

    /** One line of a file of requests; of equal items the one with the first question id is sent, whatever their order. */
    private String request(String customId, List<BatchItem> items) {
        BatchItem item = items.stream()
                .min(Comparator.comparing(each -> each.question().id()))
                .orElseThrow();
        return "{\"custom_id\":\"" + customId + "\",\"method\":\"POST\",\"url\":\"" + BatchServer.ENDPOINT
                + "\",\"body\":"
                + parts.chat().body(item.question(), params, List.of(item.sampleIndex())) + "}\n";
    }

    /** Brings a batch as far as it goes now; how long the server wants to be left alone. */
    private Duration advance(Open batch) throws IOException, TeacherException, InterruptedException {
        try {
            batch.problem = null;
            if (batch.plan.fileId() == null) {
                save(batch, batch.plan.uploaded(parts.server().upload(folder.requests(batch.plan), batch.plan.name())));
            }
            if (batch.plan.batchId() == null) {
                submit(batch);
            } else {
                look(batch);
            }
        } catch (TeacherException e) {
            if (!e.retryable() && batch.items > 0) {
                throw e;
            }
            if (!e.retryable()) {
                LOG.warn(
                        "{}: nothing here waits for this batch, it is left as it is: {}", state(batch), e.getMessage());
                batch.isOver = true;
            }
            batch.problem = e.getMessage();
            return e.retryAfter().orElse(Duration.ZERO);
        }
        return Duration.ZERO;
    }

    private void save(Open batch, BatchPlan plan) throws IOException {
        folder.save(plan);
        batch.plan = plan;
    }

    private Path state(Open batch) {
        return folder.state(batch.plan);
    }

    /** Makes the batch of an uploaded plan, unless there is one already. */
    private void submit(Open batch) throws IOException, TeacherException, InterruptedException {
        if (batch.isUnsure) {
            String found = parts.server().find(batch.plan).orElse(null);
            if (found != null) {
                save(batch, batch.plan.submitted(found));
                return;
            }
            if (batch.items == 0) {
                folder.delete(batch.plan);
                batch.isOver = true;
                return;
            }
        }
        batch.isUnsure = true;
        String made;
        try {
            made = parts.server().create(batch.plan);
        } catch (TeacherException e) {
            if (!e.retryable()) {
                // The server has refused: there is no batch, and the file may be what it refused.
                folder.delete(batch.plan);
            }
            throw e;
        }
        save(batch, batch.plan.submitted(made));
    }

    /** Looks at a batch, and collects it where it has ended. */
    private void look(Open batch) throws IOException, TeacherException, InterruptedException {
        String id = batch.plan.batchId();
        String help = "; the server does not know it: use the base URL (" + batch.plan.server()
                + ") and the key that it was sent with, or delete " + state(batch) + " if it is lost";
        BatchStatus status = parts.server().status(id, " for batch " + id + help);
        batch.finishedOnServer = status.completed() + status.failed();
        if (!status.hasEnded()) {
            return;
        }
        if (status.outputFile() == null && status.completed() > 0) {
            throw parts.http().retryable("has answers in batch " + id + " but no file of them yet", null, null);
        }
        String gone = " for a file of batch " + id + help;
        collect(batch, status.outputFile(), folder.output(batch.plan), gone);
        collect(batch, status.errorFile(), folder.errors(batch.plan), gone);
        if (batch.ignored > 0) {
            LOG.warn(
                    "{}: {} lines of the results are not JSON, too long or of no request here",
                    state(batch),
                    batch.ignored);
        }
        save(batch, batch.plan.ended(status.status(), batch.ignored));
        batch.isOver = true;
        Map<String, BatchLine> failures = new HashMap<>();
        giveAnswers(batch.plan, failures);
        String problem = parts.http().shown(status.problem());
        String unanswered = parts.http()
                .said("has ended batch " + id + " as " + status.status()
                        + (problem.isEmpty() ? " without an answer to this" : ": " + problem));
        for (String customId : batch.customIds) {
            BatchLine failure = failures.get(customId);
            if (failure == null) {
                fail(customId, unanswered, status.retryable());
            } else {
                fail(customId, failure.error(), failure.retryable());
            }
        }
    }

    /** Brings one file of results into the folder, whole or not at all. */
    private void collect(Open batch, String fileId, Path file, String notFound)
            throws IOException, TeacherException, InterruptedException {
        if (fileId == null || Files.exists(file)) {
            return;
        }
        Path beside = file.resolveSibling(file.getFileName() + AtomicFiles.PARTIAL);
        AtomicLong ignored = new AtomicLong();
        long most =
                Math.multiplyExact(batch.customIds.size() + 1L, parts.server().longestLine());
        try (OutputStream out = new BufferedOutputStream(new FileOutputStream(beside.toFile()), 1 << 16)) {
            ignored.addAndGet(parts.server().download(fileId, most, notFound, line -> {
                BatchLine result = BatchLine.ofServer(line, parts.http()).orElse(null);
                if (result == null || !batch.customIds.contains(result.customId())) {
                    ignored.incrementAndGet();
                } else {
                    out.write((result.format() + "\n").getBytes(StandardCharsets.UTF_8));
                }
            }));
        }
        AtomicFiles.sync(beside);
        Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        AtomicFiles.sync(file.toAbsolutePath().getParent());
        batch.ignored += ignored.get();
    }

    /** Hands out the answers among a batch's results that are waited for; the first failure of each id is noted. */
    private void giveAnswers(BatchPlan plan, Map<String, BatchLine> failures) throws IOException {
        for (Path file : List.of(folder.output(plan), folder.errors(plan))) {
            if (waiting.isEmpty() || !Files.exists(file)) {
                continue;
            }
            try (BufferedReader reader = JsonLines.open(file)) {
                for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                    String id = BatchLine.customIdOf(line);
                    if (id != null && waiting.containsKey(id)) {
                        BatchLine result = BatchLine.read(line).orElse(null);
                        if (result != null) {
                            give(result, failures);
                        }
                    }
                }
            } catch (CharacterCodingException e) {
                throw new IOException(
                        file + ": not UTF-8; put it right, or delete it to ask again for what it holds", e);
            }
        }
    }

    private void give(BatchLine result, Map<String, BatchLine> failures) throws IOException {
        String id = result.customId();
        if (result.body() == null) {
            failures.putIfAbsent(id, result);
            return;
        }
        List<BatchItem> items = waiting.get(id);
        List<TeacherSample> samples = new ArrayList<>(items.size());
        try {
            for (BatchItem item : items) {
                samples.addAll(
                        parts.chat().samples(result.body(), item.question(), params, List.of(item.sampleIndex())));
            }
        } catch (TeacherException e) {
            failures.putIfAbsent(id, BatchLine.failure(id, e.getMessage(), e.retryable()));
            return;
        }
        waiting.remove(id);
        for (int i = 0; i < items.size(); i++) {
            heard++;
            listener.answered(items.get(i), samples.get(i));
        }
    }

    private void fail(String customId, String error, boolean retryable) throws IOException {
        List<BatchItem> items = waiting.remove(customId);
        if (items != null) {
            for (BatchItem item : items) {
                heard++;
                listener.failed(item, error, retryable);
            }
        }
    }

    private void giveUp() throws IOException {
        String after = "; given up after "
                + parts.settings().deadline().toString().substring(2).toLowerCase(Locale.ROOT)
                + ", the next run goes on from here";
        for (Open batch : open) {
            String problem = batch.problem == null
                    ? parts.http().said("has not ended batch " + batch.plan.batchId())
                    : batch.problem;
            for (String customId : batch.customIds) {
                fail(customId, problem + after, true);
            }
        }
    }

    private void tell() {
        int submitted = total;
        long done = heard;
        for (Open batch : open) {
            if (batch.plan.batchId() == null) {
                submitted -= batch.items;
            }
            done += Math.min(batch.items, batch.finishedOnServer);
        }
        listener.progress(submitted, (int) done, total);
    }
}
