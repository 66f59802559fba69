package dev.retort.pipelines;

import dev.retort.answer.MajorityVote;
import dev.retort.data.Failure;
import dev.retort.data.Message;
import dev.retort.data.Question;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import dev.retort.pipelines.Budget.Cost;
import dev.retort.teacher.CachedTeacher;
import dev.retort.teacher.RetryingTeacher;
import dev.retort.teacher.Teacher;
import dev.retort.teacher.TeacherCache;
import dev.retort.teacher.TeacherException;
import dev.retort.teacher.TeacherMeter;
import dev.retort.teacher.Together;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Asks a teacher about questions, many at a time, from one thread's point of view: questions are taken and results given back
 * on the thread that calls {@link #run}, while a pool waits for the teacher.
 */
final class Asking implements AutoCloseable {

    /** The error of pairs that the budget had nothing left for. */
    static final String OVER_BUDGET = "over-budget";

    private static final int TOKENS_BESIDE_CONTENT = 16;
    private static final int FEWEST_COMPLETION_TOKENS = 128;

    /** Takes what became of the pairs, and sees how far it has come. */
    interface Sink {
        void sample(TeacherSample sample);

        void failure(Failure failure);

        /** The pair needs no answer: the vote over the others stands. */
        void spared(Question question, int sampleIndex);

        /** Called after each question. */
        void progress(TeacherMeter.Counts counts);
    }

    /** Questions that are looked through for some of like length, where the teacher wants fewer at a time. */
    private static final int LOOKED_THROUGH = 1024;

    /**
     * What is asked.
     *
     * @param samples of each question
     * @param vote ends a question's asking once its verdict stands; null to ask for all
     * @param reader cuts answers; null where the teacher does
     */
    record Work(int samples, SamplingParams params, MajorityVote vote, AnswerReader reader) {}

    /** What became of one question. */
    private record Ended(
            Question question,
            List<TeacherSample> samples,
            List<Failure> failures,
            List<Integer> spared,
            Cost cost,
            Cost reserved,
            Throwable error) {}

    private final Work work;
    private final AskSettings settings;
    private final TeacherMeter meter = new TeacherMeter();
    private final TeacherCache cache;
    private final RetryingTeacher gate;
    /** The teacher where many plain questions are one request of it; else null. */
    private final Teacher crowd;
    /** What brings calls of many questions together; else null. */
    private final Together together;

    private final Teacher teacher;
    private final ExecutorService pool;
    private final BlockingQueue<Ended> ended = new LinkedBlockingQueue<>();

    private int inFlight;
    private Cost spent = Cost.NONE;
    private Cost reserved = Cost.NONE;
    private double mostCompletionTokens = FEWEST_COMPLETION_TOKENS;
    private boolean isOverBudget;

    /**
     * Opens cache and pool.
     *
     * @param base closed in the end
     * @param wrapper makes the teacher that is asked of the guarded base; null for the base itself
     */
    Asking(Teacher base, TeacherWrapper wrapper, Work work, AskSettings settings) throws IOException {
        this.work = work;
        this.settings = settings;
        gate = new RetryingTeacher(base, settings.retry(), meter);
        try {
            cache = settings.cache() == null ? null : new TeacherCache(Path.of(settings.cache()));
        } catch (IOException e) {
            base.close();
            throw e;
        }
        Teacher guarded = cache == null ? gate : new CachedTeacher(gate, cache, meter);
        crowd = wrapper == null && work.vote() == null && guarded.company() > 1 ? guarded : null;
        together = crowd == null && guarded.company() > 1 ? new Together(guarded) : null;
        Teacher asked = together == null ? guarded : together;
        teacher = wrapper == null ? asked : wrapper.around(asked);
        AtomicInteger number = new AtomicInteger();
        pool = Executors.newFixedThreadPool(settings.concurrency(), task -> {
            Thread thread = new Thread(task, "ask-teacher-" + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        });
    }

    /** Stretches of the cache that were damaged. */
    int damaged() {
        return cache == null ? 0 : cache.damaged();
    }

    /** Counts this as spent before the first question. */
    void spent(Cost before) {
        spent = spent.plus(before);
    }

    /**
     * Asks about all questions; when it returns, every answer is on disk. They come in their order, but that a teacher who gains from
     * company gets those of like length together, which it need not pad; under a limited budget the order decides who is
     * asked at all, and stays.
     */
    void run(Iterator<Question> questions, Sink sink) throws IOException, InterruptedException {
        boolean isSorted = gate.company() > 1
                && gate.company() < LOOKED_THROUGH
                && !settings.budget().isLimited();
        if (isSorted) {
            while (questions.hasNext()) {
                List<Question> some = new ArrayList<>();
                while (questions.hasNext() && some.size() < LOOKED_THROUGH) {
                    some.add(questions.next());
                }
                some.sort(Comparator.comparingLong(Asking::length));
                ask(some.iterator(), sink);
            }
        } else {
            ask(questions, sink);
        }
        if (cache != null) {
            cache.flush();
        }
    }

    private static long length(Question question) {
        return question.messages().stream()
                .mapToLong(message -> message.content().length())
                .sum();
    }

    private void ask(Iterator<Question> questions, Sink sink) throws IOException, InterruptedException {
        if (crowd != null) {
            askInCrowds(questions, sink);
        }
        while (questions.hasNext()) {
            if (together == null) {
                while (inFlight >= 2 * settings.concurrency()) {
                    take(sink);
                }
                submit(questions.next(), sink);
            } else {
                round(questions, sink);
            }
        }
        while (inFlight > 0) {
            take(sink);
        }
    }

    /** A question and the most that it can cost, which is set aside. */
    private record Admitted(Question question, Cost most) {}

    /** As many questions at a time as are best asked together; where a budget is limited, as many as fit in order. */
    private void askInCrowds(Iterator<Question> questions, Sink sink) throws InterruptedException {
        int company = Math.max(1, crowd.company() / work.samples());
        List<Admitted> asked = new ArrayList<>();
        while (questions.hasNext()) {
            Question question = questions.next();
            Cost most = most(question);
            if (!asked.isEmpty() && !isOverBudget && !fits(most)) {
                // What is under way may turn out cheaper; then there is room for this one.
                askTogether(asked, sink);
                asked.clear();
                most = most(question);
            }
            setAside(most);
            asked.add(new Admitted(question, most));
            if (asked.size() == company) {
                askTogether(asked, sink);
                asked.clear();
            }
        }
        if (!asked.isEmpty()) {
            askTogether(asked, sink);
        }
    }

    private void askTogether(List<Admitted> asked, Sink sink) throws InterruptedException {
        List<Teacher.Ask> asks = new ArrayList<>();
        for (Admitted one : asked) {
            for (int index = 0; index < work.samples(); index++) {
                asks.add(new Teacher.Ask(one.question(), work.params(), index));
            }
        }
        Iterator<Teacher.Reply> replies = crowd.sampleAll(asks).iterator();
        for (Admitted one : asked) {
            List<TeacherSample> samples = new ArrayList<>();
            List<Failure> failures = new ArrayList<>();
            for (int index = 0; index < work.samples(); index++) {
                Teacher.Reply reply = replies.next();
                if (reply.sample() == null) {
                    TeacherException e = reply.failure();
                    failures.add(failure(one.question(), index, e.getMessage(), e.attempts()));
                } else {
                    samples.add(read(one.question(), reply.sample()));
                }
            }
            give(
                    new Ended(
                            one.question(), samples, failures, List.of(), cost(samples, one.most()), one.most(), null),
                    sink);
        }
    }

    /** As many questions as there are threads, from their first call to their last. */
    private void round(Iterator<Question> questions, Sink sink) throws IOException, InterruptedException {
        List<Question> round = new ArrayList<>();
        while (questions.hasNext() && round.size() < settings.concurrency()) {
            round.add(questions.next());
        }
        // A budget lets one in after the other: then nobody waits for those who were not let in.
        boolean isOneByOne = settings.budget().isLimited();
        if (!isOneByOne) {
            together.begin(round.size());
        }
        for (Question question : round) {
            if (isOneByOne) {
                together.begin(1);
            }
            submit(question, sink);
            while (isOneByOne && inFlight > 0) {
                take(sink);
            }
        }
        while (inFlight > 0) {
            take(sink);
        }
    }

    private void submit(Question question, Sink sink) throws IOException, InterruptedException {
        Cost most = most(question);
        while (!fits(most) && inFlight > 0) {
            take(sink);
        }
        setAside(most);
        inFlight++;
        pool.execute(() -> ended.add(askAndLeave(question, most)));
    }

    private Ended askAndLeave(Question question, Cost most) {
        Ended result = ask(question, most);
        if (together != null) {
            try {
                together.leave();
            } catch (InterruptedException e) {
                return new Ended(question, List.of(), List.of(), List.of(), Cost.NONE, most, e);
            }
        }
        return result;
    }

    /** Lets a question in, which has the cache's answers only where the budget has not enough left. */
    private void setAside(Cost most) {
        if (!isOverBudget && !fits(most)) {
            // Those who come later in order cost nothing more either.
            isOverBudget = true;
            gate.closeBecause(OVER_BUDGET);
        }
        reserved = reserved.plus(most);
    }

    private boolean fits(Cost more) {
        return settings.budget().allows(spent.plus(reserved).plus(more));
    }

    /**
     * The most that a question can cost, nothing where no budget is limited: a token is at least a byte, and a completion is
     * as long as it may be, or twice the longest so far.
     */
    private Cost most(Question question) {
        if (!settings.budget().isLimited()) {
            return Cost.NONE;
        }
        double prompt = 0;
        for (Message message : question.messages()) {
            prompt += TOKENS_BESIDE_CONTENT + message.content().getBytes(StandardCharsets.UTF_8).length;
        }
        Integer limit = work.params().maxTokens();
        double completion = limit == null ? 2 * mostCompletionTokens : limit;
        int calls = teacher.callsPerSample();
        // A later call's prompt holds what earlier calls gave.
        return new Cost(prompt + (calls - 1) * completion, completion).times((double) calls * work.samples());
    }

    private void take(Sink sink) throws IOException, InterruptedException {
        Ended question = ended.take();
        inFlight--;
        if (question.error() instanceof UncheckedIOException e) {
            throw e.getCause();
        }
        if (question.error() instanceof InterruptedException) {
            throw new InterruptedException("asking was interrupted");
        }
        if (question.error() != null) {
            throw new IllegalStateException("question " + question.question().id(), question.error());
        }
        give(question, sink);
    }

    private void give(Ended question, Sink sink) {
        reserved = reserved.minus(question.reserved());
        spent = spent.plus(question.cost());
        for (TeacherSample sample : question.samples()) {
            Cost cost = Cost.share(sample.usage());
            mostCompletionTokens = Math.max(mostCompletionTokens, cost.completion());
            sink.sample(sample);
        }
        question.failures().forEach(sink::failure);
        question.spared().forEach(index -> sink.spared(question.question(), index));
        sink.progress(meter.counts());
    }

    private Ended ask(Question question, Cost most) {
        List<TeacherSample> samples = new ArrayList<>();
        List<Failure> failures = new ArrayList<>();
        List<Integer> spared = new ArrayList<>();
        try {
            String[] answers = new String[work.samples()];
            int next = 0;
            while (next < work.samples()) {
                int wanted = wanted(answers, next);
                if (wanted == 0) {
                    IntStream.range(next, work.samples()).forEach(spared::add);
                    break;
                }
                List<Integer> indices =
                        IntStream.range(next, next + wanted).boxed().toList();
                try {
                    List<TeacherSample> found =
                            checked(teacher.sample(question, work.params(), indices), question, indices);
                    for (TeacherSample sample : found) {
                        TeacherSample read = read(question, sample);
                        answers[next++] = TeacherSample.LENGTH.equals(read.finishReason()) ? null : read.answer();
                        samples.add(read);
                    }
                } catch (TeacherException e) {
                    boolean unpaid = chain(e).anyMatch(cause -> OVER_BUDGET.equals(cause.getMessage()));
                    failures.add(failure(question, next++, unpaid ? OVER_BUDGET : e.getMessage(), e.attempts()));
                } catch (UncheckedIOException e) {
                    throw e;
                } catch (RuntimeException e) {
                    // A program's mistake with one question must not cost the answers to all the others.
                    failures.add(failure(question, next++, e.toString(), 1));
                }
            }
            return new Ended(question, samples, failures, spared, cost(samples, most), most, null);
        } catch (InterruptedException | RuntimeException | Error e) {
            // An error too: who waits for this question would wait for ever.
            return new Ended(question, List.of(), List.of(), List.of(), Cost.NONE, most, e);
        }
    }

    private static Stream<Throwable> chain(Throwable e) {
        return Stream.iterate(e, Objects::nonNull, Throwable::getCause).limit(20);
    }

    private int wanted(String[] answers, int next) {
        if (work.vote() == null) {
            return work.samples() - next;
        }
        List<String> soFar = new ArrayList<>();
        for (int i = 0; i < next; i++) {
            soFar.add(answers[i]);
        }
        return work.vote().fewestToDecide(soFar, work.samples());
    }

    private TeacherSample read(Question question, TeacherSample sample) {
        if (work.reader() == null || sample.answer() != null) {
            return sample;
        }
        boolean isCut = TeacherSample.LENGTH.equals(sample.finishReason());
        return isCut ? sample : work.reader().read(question, sample);
    }

    /** Where a teacher does not say what it cost, its answers are taken to have cost what was set aside for them. */
    private Cost cost(List<TeacherSample> samples, Cost most) {
        Cost cost = Cost.NONE;
        for (TeacherSample sample : samples) {
            cost = cost.plus(sample.usage() == null ? most.times(1.0 / work.samples()) : Cost.share(sample.usage()));
        }
        return cost;
    }

    private Failure failure(Question question, int index, String message, int attempts) {
        String error = message == null ? "" : message.lines().findFirst().orElse("");
        error = error.isBlank() ? teacher.name() + " gave no sample and no reason" : error;
        return new Failure(question.id(), index, error, attempts, question, Map.of());
    }

    private List<TeacherSample> checked(List<TeacherSample> found, Question question, List<Integer> indices) {
        boolean isPrefix = !found.isEmpty() && found.size() <= indices.size();
        for (int i = 0; isPrefix && i < found.size(); i++) {
            TeacherSample sample = found.get(i);
            isPrefix = sample.id().equals(question.id()) && sample.sampleIndex() == indices.get(i);
        }
        if (!isPrefix) {
            throw new IllegalStateException(
                    teacher.name() + " gave other samples than it was asked for, question " + question.id());
        }
        return found;
    }

    /** Stops what is under way; answers that have come are brought to disk. */
    @Override
    public void close() throws IOException {
        pool.shutdownNow();
        boolean interrupted = false;
        while (!pool.isTerminated()) {
            try {
                pool.awaitTermination(1, TimeUnit.HOURS);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        try {
            teacher.close();
        } finally {
            if (cache != null) {
                cache.close();
            }
        }
    }
}
