package dev.retort.teacher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.data.Question;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import dev.retort.data.TokenUsage;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RetryingTeacherTest {

    private static final Question QUESTION = Question.ofText("q", "task", "123456789", null);

    private final TeacherMeter meter = new TeacherMeter();
    private final FakeClock clock = new FakeClock();
    private final FakeTeacher teacher = new FakeTeacher();
    private double random;

    /** Time passes by sleeping only, and by a request, which takes 10 ms. */
    private static final class FakeClock implements RetryingTeacher.Clock {
        private long now = 1_000_000_000L;
        private final List<Long> slept = new ArrayList<>();

        @Override
        public long nanos() {
            return now;
        }

        @Override
        public void sleep(long nanos) {
            slept.add(nanos / 1_000_000);
            now += nanos;
        }
    }

    /** Fails as told, then answers. */
    private final class FakeTeacher implements Teacher {
        private final Deque<TeacherException> failures = new ArrayDeque<>();
        private final List<Long> askedAt = new ArrayList<>();
        private TokenUsage usage = new TokenUsage(2, 3, 1);
        private boolean closed;

        @Override
        public String name() {
            return "fake";
        }

        @Override
        public List<TeacherSample> sample(Question question, SamplingParams params, List<Integer> indices)
                throws TeacherException {
            askedAt.add(clock.now / 1_000_000 - 1000);
            clock.now += 10_000_000;
            if (!failures.isEmpty()) {
                throw failures.remove();
            }
            return indices.stream()
                    .map(index -> new TeacherSample(
                            question.id(),
                            question.task(),
                            question.messages(),
                            index,
                            "text",
                            null,
                            null,
                            "stop",
                            "fake",
                            params,
                            usage,
                            Map.of()))
                    .toList();
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    private RetryingTeacher asked(RetrySettings settings) {
        return new RetryingTeacher(teacher, settings, meter, clock, () -> random);
    }

    private static TeacherException passing(Duration wait) {
        return new TeacherException("busy", true, wait, null);
    }

    private List<TeacherSample> ask(Teacher who) throws Exception {
        return who.sample(QUESTION, SamplingParams.none(), List.of(0));
    }

    @Test
    void waitsTwiceAsLongEachTime() throws Exception {
        for (int i = 0; i < 9; i++) {
            teacher.failures.add(passing(null));
        }
        assertThat(ask(asked(RetrySettings.usual().withMaxAttempts(10)))).hasSize(1);
        assertThat(clock.slept).containsExactly(500L, 1000L, 2000L, 4000L, 8000L, 16000L, 32000L, 60000L, 60000L);
        assertThat(meter.counts()).isEqualTo(new TeacherMeter.Counts(10, 1, 0, 9, 2, 3, 100_000_000));
    }

    @Test
    void aRandomPartIsTakenOff() throws Exception {
        random = 0.5;
        teacher.failures.add(passing(null));
        ask(asked(RetrySettings.usual()));
        assertThat(clock.slept).containsExactly(375L);
    }

    @Test
    void givesUpAfterTheLastAttempt() {
        for (int i = 0; i < 3; i++) {
            teacher.failures.add(passing(null));
        }
        assertThatThrownBy(() -> ask(asked(RetrySettings.usual().withMaxAttempts(3))))
                .isInstanceOfSatisfying(TeacherException.class, e -> {
                    assertThat(e.attempts()).isEqualTo(3);
                    assertThat(e.retryable()).isTrue();
                })
                .hasMessage("busy");
        assertThat(clock.slept).containsExactly(500L, 1000L);
    }

    @Test
    void whatAskingAgainDoesNotMendFailsAtOnce() {
        teacher.failures.add(new TeacherException("no such model"));
        assertThatThrownBy(() -> ask(asked(RetrySettings.usual())))
                .isInstanceOfSatisfying(
                        TeacherException.class, e -> assertThat(e.attempts()).isEqualTo(1));
        assertThat(clock.slept).isEmpty();
    }

    @Test
    void aTeacherThatSaysHowLongIsLeftAlone() throws Exception {
        teacher.failures.add(passing(Duration.ofSeconds(7)));
        ask(asked(RetrySettings.usual()));
        assertThat(clock.slept).containsExactly(7062L);
    }

    @Test
    void aTeacherThatWantsToBeLeftAloneForLongIsAskedNoMore() throws Exception {
        RetryingTeacher all = asked(RetrySettings.usual());
        teacher.failures.add(passing(Duration.ofSeconds(999_999_999)));
        assertThatThrownBy(() -> ask(all))
                .isInstanceOf(TeacherException.class)
                .hasMessageEndingWith("; the server wants to be left alone for 999999999 seconds: ask again then");
        assertThat(clock.slept).isEmpty();
        ask(all);
        assertThat(clock.slept).as("others are not kept quiet").isEmpty();
    }

    @Test
    void itIsLeftAloneByAll() throws Exception {
        RetryingTeacher all = asked(RetrySettings.usual().withMaxAttempts(2));
        teacher.failures.add(passing(Duration.ofSeconds(5)));
        teacher.failures.add(passing(Duration.ofSeconds(5)));
        assertThatThrownBy(() -> ask(all)).isInstanceOf(TeacherException.class);
        ask(all);
        assertThat(teacher.askedAt).containsExactly(0L, 5072L, 10082L);
    }

    @Test
    void requestsAreSpreadOverTheMinute() throws Exception {
        Teacher slow = asked(RetrySettings.usual().withRequestsPerMinute(600));
        teacher.failures.add(passing(null));
        for (int i = 0; i < 5; i++) {
            ask(slow);
        }
        // The repeated request counts too.
        assertThat(teacher.askedAt).containsExactly(0L, 510L, 610L, 710L, 810L, 910L);
    }

    @Test
    void tokensAreSpreadOverTheMinute() throws Exception {
        // 9 bytes are 4 tokens and a completion is taken for 256: 260 until it is known that 5 is the mean.
        Teacher slow = asked(RetrySettings.usual().withTokensPerMinute(60_000));
        for (int i = 0; i < 11; i++) {
            ask(slow);
        }
        assertThat(teacher.askedAt)
                .containsExactly(0L, 260L, 520L, 780L, 1040L, 1300L, 1560L, 1820L, 2080L, 2090L, 2100L);
    }

    @Test
    void whatWasGuessedTooLowIsPaidLater() throws Exception {
        teacher.usage = new TokenUsage(1000, 260, 1);
        Teacher slow = asked(RetrySettings.usual().withTokensPerMinute(60_000));
        ask(slow);
        ask(slow);
        assertThat(teacher.askedAt).containsExactly(0L, 1260L);
    }

    @Test
    void aClosedGateAsksNobody() {
        RetryingTeacher gate = asked(RetrySettings.usual());
        gate.closeBecause("over-budget");
        assertThatThrownBy(() -> ask(gate))
                .isInstanceOfSatisfying(
                        TeacherException.class, e -> assertThat(e.attempts()).isZero())
                .hasMessage("over-budget");
        assertThat(teacher.askedAt).isEmpty();
        gate.close();
        assertThat(teacher.closed).isTrue();
    }

    @Test
    void everyRequestIsCountedOnce() throws Exception {
        teacher.usage = new TokenUsage(10, 20, 3);
        asked(RetrySettings.usual()).sample(QUESTION, SamplingParams.none(), List.of(0, 1, 2));
        assertThat(meter.counts()).isEqualTo(new TeacherMeter.Counts(1, 3, 0, 0, 10, 20, 10_000_000));
    }
}
