package dev.retort.teacher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.data.Question;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import dev.retort.data.TokenUsage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CachedTeacherTest {

    private static final Question QUESTION = Question.ofText("q", "task", "Why?", null);
    private static final SamplingParams PARAMS = SamplingParams.none();

    @TempDir
    private Path folder;

    private final TeacherMeter meter = new TeacherMeter();
    private final List<List<Integer>> requests = Collections.synchronizedList(new ArrayList<>());
    private final CountDownLatch mayAnswer = new CountDownLatch(1);
    private TeacherCache cache;
    private CachedTeacher teacher;

    /** At most so many samples a request; no sample 7; sample 9 waits. */
    private final class FakeTeacher implements Teacher {
        private final int most;

        FakeTeacher(int most) {
            this.most = most;
        }

        @Override
        public String name() {
            return "fake";
        }

        @Override
        public List<TeacherSample> sample(Question question, SamplingParams params, List<Integer> indices)
                throws TeacherException, InterruptedException {
            requests.add(indices);
            if (indices.get(0) == 7) {
                throw new TeacherException("no sample 7");
            }
            if (indices.contains(9)) {
                mayAnswer.await();
            }
            return indices.stream()
                    .limit(most)
                    .map(index -> new TeacherSample(
                            question.id(),
                            question.task(),
                            question.messages(),
                            index,
                            "text " + index,
                            null,
                            null,
                            "stop",
                            "fake",
                            params,
                            new TokenUsage(1, 1, 1),
                            Map.of()))
                    .toList();
        }
    }

    @BeforeEach
    void open() throws Exception {
        cache = new TeacherCache(folder);
        teacher = new CachedTeacher(new FakeTeacher(100), cache, meter);
    }

    @AfterEach
    void close() throws Exception {
        cache.close();
    }

    private List<Integer> ask(int... indices) throws Exception {
        List<Integer> wanted = java.util.Arrays.stream(indices).boxed().toList();
        return teacher.sample(QUESTION, PARAMS, wanted).stream()
                .map(TeacherSample::sampleIndex)
                .toList();
    }

    @Test
    void onlyWhatIsMissingIsAsked() throws Exception {
        assertThat(ask(1)).containsExactly(1);
        assertThat(ask(0, 1, 2)).containsExactly(0, 1, 2);
        assertThat(ask(2, 1)).containsExactly(2, 1);
        assertThat(requests).containsExactly(List.of(1), List.of(0, 2));
        assertThat(meter.counts().cached()).isEqualTo(3);
    }

    @Test
    void whatATeacherLeavesOutIsLeftToTheCaller() throws Exception {
        teacher = new CachedTeacher(new FakeTeacher(1), cache, meter);
        assertThat(ask(1)).containsExactly(1);
        assertThat(ask(0, 1, 2)).containsExactly(0, 1);
        assertThat(ask(2)).containsExactly(2);
    }

    @Test
    void aFailureEndsAtTheFirstThatIsNotThere() throws Exception {
        ask(6);
        assertThat(ask(6, 7, 8)).containsExactly(6);
        assertThatThrownBy(() -> ask(7, 6)).isInstanceOf(TeacherException.class).hasMessage("no sample 7");
        assertThatThrownBy(() -> ask(7)).hasMessage("no sample 7");
        assertThat(requests).hasSize(4);
    }

    @Test
    void twoThatWantTheSameAskOnce() throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(4);
        try {
            List<Future<List<Integer>>> answers = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                answers.add(pool.submit(() -> ask(9)));
            }
            while (requests.isEmpty()) {
                Thread.onSpinWait();
            }
            mayAnswer.countDown();
            for (Future<List<Integer>> answer : answers) {
                assertThat(answer.get()).containsExactly(9);
            }
            assertThat(requests).containsExactly(List.of(9));
            assertThat(meter.counts().cached()).isEqualTo(3);
        } finally {
            pool.shutdownNow();
        }
    }
}
