package dev.retort.pipelines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.answer.MajorityVote;
import dev.retort.answer.VoteRule;
import dev.retort.data.Failure;
import dev.retort.data.Question;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import dev.retort.data.TokenUsage;
import dev.retort.teacher.Teacher;
import dev.retort.teacher.TeacherException;
import dev.retort.teacher.TeacherMeter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AskingTest {

    private static final SamplingParams PARAMS = SamplingParams.none().withMaxTokens(30);

    @TempDir
    private Path cache;

    private final List<String> requests = Collections.synchronizedList(new ArrayList<>());

    /** Ten tokens of prompt and thirty of each completion. */
    private class FakeTeacher implements Teacher {
        private final BiFunction<Question, Integer, String> answers;

        FakeTeacher() {
            this((question, index) -> null);
        }

        FakeTeacher(BiFunction<Question, Integer, String> answers) {
            this.answers = answers;
        }

        @Override
        public String name() {
            return "fake";
        }

        @Override
        public List<TeacherSample> sample(Question question, SamplingParams params, List<Integer> indices)
                throws TeacherException, InterruptedException {
            requests.add(question.id() + indices);
            TokenUsage usage = new TokenUsage(10, 30L * indices.size(), indices.size());
            return indices.stream()
                    .map(index -> new TeacherSample(
                            question.id(),
                            question.task(),
                            question.messages(),
                            index,
                            "text " + index,
                            null,
                            answers.apply(question, index),
                            "stop",
                            "fake",
                            params,
                            usage,
                            Map.of()))
                    .toList();
        }
    }

    /** Where each pair ended. */
    private static class Places implements Asking.Sink {
        private final Map<String, String> ends = new TreeMap<>();
        private TeacherMeter.Counts counts;

        @Override
        public void sample(TeacherSample sample) {
            put(sample.id(), sample.sampleIndex(), "answered");
        }

        @Override
        public void failure(Failure failure) {
            put(failure.id(), failure.sampleIndex(), failure.error());
        }

        @Override
        public void spared(Question question, int sampleIndex) {
            put(question.id(), sampleIndex, "spared");
        }

        private void put(String id, int index, String end) {
            assertThat(ends.put(id + "/" + index, end)).isNull();
        }

        @Override
        public void progress(TeacherMeter.Counts now) {
            counts = now;
        }

        private List<String> with(String end) {
            return ends.entrySet().stream()
                    .filter(entry -> entry.getValue().equals(end))
                    .map(Map.Entry::getKey)
                    .toList();
        }
    }

    private static List<Question> questions(int count) {
        return IntStream.range(0, count)
                .mapToObj(i -> Question.ofText("q-" + (100 + i), "task", "Number " + (100 + i), null))
                .toList();
    }

    private Places ask(Teacher teacher, AskSettings settings, int samples, MajorityVote vote, List<Question> questions)
            throws IOException, InterruptedException {
        Places places = new Places();
        try (Asking asking = new Asking(teacher, null, new Asking.Work(samples, PARAMS, vote, null), settings)) {
            asking.run(questions.iterator(), places);
        }
        return places;
    }

    private AskSettings cached() {
        return AskSettings.usual().withCache(cache);
    }

    @Test
    void asManyRequestsAreUnderWayAsAllowedAndNoMore() throws Exception {
        AtomicInteger now = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        CyclicBarrier together = new CyclicBarrier(8);
        Teacher teacher = new FakeTeacher() {
            @Override
            public List<TeacherSample> sample(Question question, SamplingParams params, List<Integer> indices)
                    throws TeacherException, InterruptedException {
                most.accumulateAndGet(now.incrementAndGet(), Math::max);
                try {
                    // Passes only when eight are here at once.
                    together.await(30, TimeUnit.SECONDS);
                } catch (Exception e) {
                    throw new TeacherException("fewer than eight requests at a time", false, null, e);
                } finally {
                    now.decrementAndGet();
                }
                return super.sample(question, params, indices);
            }
        };
        Places places = ask(teacher, AskSettings.usual().withConcurrency(8), 1, null, questions(64));
        assertThat(places.with("answered")).hasSize(64);
        assertThat(most).hasValue(8);
    }

    @Test
    void theBudgetIsNeverExceededAndSparesTheLastInOrder() throws Exception {
        // A pair costs 40; two samples of a question are asked together and cost 70.
        AskSettings settings = cached().withBudget(Budget.none().withTokens(500L));
        Places places = ask(new FakeTeacher(), settings, 2, null, questions(20));
        long spent = places.counts.promptTokens() + places.counts.completionTokens();
        assertThat(spent).isLessThanOrEqualTo(500);
        int answered = places.with("answered").size() / 2;
        assertThat(spent).isEqualTo(70L * answered);
        // 26 bytes of prompt and 30 of completion for each sample are what is set aside.
        assertThat(answered).isBetween(5, 7);
        assertThat(places.with("over-budget")).hasSize(40 - 2 * answered);
        assertThat(places.with("answered")).last().isEqualTo("q-" + (99 + answered) + "/1");
        assertThat(requests).hasSize(answered);

        // The same again pays nothing; a raised budget goes on where this one ended.
        assertThat(ask(new FakeTeacher(), settings, 2, null, questions(20)).ends)
                .isEqualTo(places.ends);
        assertThat(requests).hasSize(answered);
        Places raised = ask(
                new FakeTeacher(), cached().withBudget(Budget.none().withTokens(1_000_000L)), 2, null, questions(20));
        assertThat(raised.with("answered")).hasSize(40);
        assertThat(requests).hasSize(20).doesNotHaveDuplicates();
    }

    @Test
    void moneyIsABudgetToo() throws Exception {
        // 10 prompt tokens at 2 and 30 completion tokens at 8 a million are 260 millionths.
        Budget budget = Budget.none().withMoney(0.001, 2, 8);
        Places places = ask(new FakeTeacher(), cached().withBudget(budget), 1, null, questions(9));
        assertThat(places.with("answered")).containsExactly("q-100/0", "q-101/0", "q-102/0");
        assertThatThrownBy(() -> Budget.none().withMoney(1.0, 0, 0)).hasMessageContaining("needs prices");
    }

    @Test
    void whatTheCacheHasIsFreeOnceTheBudgetIsSpent() throws Exception {
        List<Question> all = questions(10);
        ask(new FakeTeacher(), cached(), 1, null, all.subList(8, 10));
        Places places = ask(new FakeTeacher(), cached().withBudget(Budget.none().withTokens(0L)), 1, null, all);
        assertThat(places.with("answered")).containsExactly("q-108/0", "q-109/0");
        assertThat(places.with("over-budget")).hasSize(8);
    }

    @Test
    void votingEarlyGivesTheVerdictOfAll() throws Exception {
        Random random = new Random(4);
        List<Question> questions = questions(300);
        Map<String, List<String>> answers = new TreeMap<>();
        for (Question question : questions) {
            answers.put(
                    question.id(),
                    IntStream.range(0, 7)
                            .mapToObj(i -> List.of("a", "b", "c", "").get(random.nextInt(4)))
                            .toList());
        }
        Teacher teacher =
                new FakeTeacher((question, index) -> answers.get(question.id()).get(index));
        for (VoteRule rule :
                List.of(new VoteRule.StrictMajority(), new VoteRule.Plurality(), new VoteRule.AtLeast(0.4))) {
            MajorityVote vote = new MajorityVote(rule, answer -> answer);
            Map<String, List<String>> asked = new TreeMap<>();
            Places places = new Places() {
                @Override
                public void sample(TeacherSample sample) {
                    super.sample(sample);
                    asked.computeIfAbsent(sample.id(), id -> new ArrayList<>()).add(sample.answer());
                }
            };
            try (Asking asking =
                    new Asking(teacher, null, new Asking.Work(7, PARAMS, vote, null), AskSettings.usual())) {
                asking.run(questions.iterator(), places);
            }
            assertThat(places.ends).hasSize(2100);
            assertThat(places.with("spared")).hasSizeGreaterThan(50);
            answers.forEach((id, all) -> {
                List<String> first = asked.get(id);
                // In order, the verdict of all, and one fewer would not have decided it.
                assertThat(first).isEqualTo(all.subList(0, first.size()));
                List<String> padded = new ArrayList<>(first);
                padded.addAll(Collections.nCopies(7 - first.size(), null));
                assertThat(vote.of(padded).winner()).isEqualTo(vote.of(all).winner());
                assertThat(vote.decided(first, 7)).isTrue();
                assertThat(vote.decided(first.subList(0, first.size() - 1), 7)).isFalse();
            });
        }
    }

    @Test
    void aStoppedRunKeepsWhatItPaidFor() throws Exception {
        CountDownLatch half = new CountDownLatch(10);
        Teacher teacher = new FakeTeacher() {
            @Override
            public List<TeacherSample> sample(Question question, SamplingParams params, List<Integer> indices)
                    throws TeacherException, InterruptedException {
                half.countDown();
                if (half.getCount() == 0) {
                    new CountDownLatch(1).await();
                }
                return super.sample(question, params, indices);
            }
        };
        Thread asker = new Thread(
                () -> assertThatThrownBy(() -> ask(teacher, cached().withConcurrency(2), 1, null, questions(40)))
                        .isInstanceOf(InterruptedException.class));
        asker.start();
        half.await();
        asker.interrupt();
        asker.join();
        int paid = requests.size();
        assertThat(paid).isBetween(8, 9);
        Places places = ask(new FakeTeacher(), cached(), 1, null, questions(40));
        assertThat(places.with("answered")).hasSize(40);
        assertThat(requests).hasSize(40).doesNotHaveDuplicates();
    }

    @Test
    void aCacheThatCannotBeOpenedIsAnError() throws Exception {
        Path file = java.nio.file.Files.createFile(cache.resolve("file"));
        AskSettings settings = AskSettings.usual().withCache(file);
        assertThatThrownBy(() -> ask(new FakeTeacher(), settings, 1, null, questions(1)))
                .isInstanceOf(IOException.class);
    }

    /** Who gains from company is asked once for many, in the order of questions. */
    private class CrowdTeacher extends FakeTeacher {
        private final List<Integer> sizes = new ArrayList<>();

        CrowdTeacher() {}

        CrowdTeacher(BiFunction<Question, Integer, String> answers) {
            super(answers);
        }

        @Override
        public int company() {
            return 6;
        }

        @Override
        public List<Reply> sampleAll(List<Ask> asks) throws InterruptedException {
            sizes.add(asks.size());
            return super.sampleAll(asks);
        }
    }

    @Test
    void plainQuestionsAreAskedInCrowds() throws Exception {
        CrowdTeacher teacher = new CrowdTeacher();
        Places places = ask(teacher, cached(), 2, null, questions(7));
        assertThat(places.with("answered")).hasSize(14);
        // Three questions of two samples each are six.
        assertThat(teacher.sizes).containsExactly(6, 6, 2);
        CrowdTeacher again = new CrowdTeacher();
        assertThat(ask(again, cached(), 2, null, questions(8)).with("answered")).hasSize(16);
        assertThat(again.sizes).containsExactly(2);
    }

    @Test
    void questionsOfLikeLengthAreAskedTogether() throws Exception {
        List<List<String>> together = new ArrayList<>();
        CrowdTeacher teacher = new CrowdTeacher() {
            @Override
            public List<Reply> sampleAll(List<Ask> asks) throws InterruptedException {
                together.add(asks.stream().map(ask -> ask.question().id()).toList());
                return super.sampleAll(asks);
            }
        };
        // Long and short ones by turns, and 1,030 of them: more than are looked through at once.
        List<Question> questions = IntStream.range(0, 1030)
                .mapToObj(
                        i -> Question.ofText("q-" + (1000 + i), "task", i % 2 == 0 ? "a long question" : "short", null))
                .toList();
        Places places = ask(teacher, AskSettings.usual(), 1, null, questions);
        assertThat(places.with("answered")).hasSize(1030);
        assertThat(together.get(0)).containsExactly("q-1001", "q-1003", "q-1005", "q-1007", "q-1009", "q-1011");
        assertThat(together.get(170)).containsExactly("q-2016", "q-2018", "q-2020", "q-2022");
        assertThat(together.get(171)).containsExactly("q-2025", "q-2027", "q-2029", "q-2024", "q-2026", "q-2028");
        // Whom a budget lets in is decided by the order.
        together.clear();
        ask(teacher, AskSettings.usual().withBudget(Budget.none().withTokens(1_000_000L)), 1, null, questions);
        assertThat(together.get(0)).containsExactly("q-1000", "q-1001", "q-1002", "q-1003", "q-1004", "q-1005");
    }

    @Test
    void aCrowdKeepsToTheBudget() throws Exception {
        CrowdTeacher teacher = new CrowdTeacher();
        Places places = ask(teacher, cached().withBudget(Budget.none().withTokens(200L)), 1, null, questions(9));
        long spent = places.counts.promptTokens() + places.counts.completionTokens();
        assertThat(spent).isLessThanOrEqualTo(200).isGreaterThanOrEqualTo(80);
        assertThat(places.with("answered").size() + places.with("over-budget").size())
                .isEqualTo(9);
        assertThat(places.with("answered")).first().isEqualTo("q-100/0");
        assertThat(places.with("over-budget")).last().isEqualTo("q-108/0");
    }

    @Test
    void votersInCompanyAreAskedInRounds() throws Exception {
        CrowdTeacher teacher = new CrowdTeacher((question, index) -> index == 1 ? "other" : "same");
        MajorityVote vote = new MajorityVote(new VoteRule.StrictMajority(), answer -> answer);
        Places places = ask(teacher, AskSettings.usual().withConcurrency(4), 5, vote, questions(6));
        assertThat(places.with("spared")).hasSize(6);
        // Each question asks for three, then for one more; four questions are a round.
        assertThat(teacher.sizes).containsExactly(12, 4, 6, 2);
    }
}
