package dev.retort.teacher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.data.Question;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class BatchSettingsTest {

    @Test
    void defaults() {
        assertThat(BatchSettings.usual())
                .isEqualTo(new BatchSettings(
                        Duration.ofSeconds(10),
                        Duration.ofSeconds(300),
                        50_000,
                        200_000_000L,
                        Duration.ofMinutes(60),
                        Duration.ofHours(25)));
    }

    @Test
    void settingsComeInAnyOrder() {
        assertThat(BatchSettings.usual()
                        .withDeadline(Duration.ofDays(2))
                        .withTransferTimeout(Duration.ofMillis(4))
                        .withMostBytes(3)
                        .withMostRequests(2)
                        .withWaits(Duration.ofMillis(1), Duration.ofMillis(1)))
                .isEqualTo(new BatchSettings(
                        Duration.ofMillis(1), Duration.ofMillis(1), 2, 3, Duration.ofMillis(4), Duration.ofDays(2)));
    }

    @Test
    void valuesAreChecked() {
        BatchSettings usual = BatchSettings.usual();
        refused("the first wait", () -> usual.withWaits(Duration.ZERO, Duration.ofSeconds(1)));
        refused("the longest wait", () -> usual.withWaits(Duration.ofSeconds(2), Duration.ofSeconds(1)));
        refused("1 request", () -> usual.withMostRequests(0));
        refused("1 byte", () -> usual.withMostBytes(0));
        refused(
                "the timeout",
                () -> usual.withTransferTimeout(Duration.ofDays(1).plusNanos(1)));
        refused("the deadline", () -> usual.withDeadline(Duration.ofSeconds(-1)));
        refused("a question", () -> new BatchItem(null, 0));
        refused("from 0", () -> new BatchItem(Question.ofText("q", "t", "x", null), -1));
    }

    private static void refused(String problem, Runnable make) {
        assertThatThrownBy(make::run)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(problem);
    }
}
