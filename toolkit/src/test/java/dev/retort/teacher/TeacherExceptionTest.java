package dev.retort.teacher;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class TeacherExceptionTest {

    @Test
    void saysWhetherAndWhenToAskAgain() {
        IOException cause = new IOException("reset");
        TeacherException busy = new TeacherException("busy", true, Duration.ofSeconds(3), cause);
        assertThat(busy).hasMessage("busy").hasCause(cause);
        assertThat(busy.retryable()).isTrue();
        assertThat(busy.retryAfter()).contains(Duration.ofSeconds(3));
        TeacherException lost = new TeacherException("lost");
        assertThat(lost.retryable()).isFalse();
        assertThat(lost.retryAfter()).isEmpty();
        assertThat(lost).hasNoCause();
    }
}
