package dev.retort.teacher;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class StepErrorsTest {

    @Test
    void noneNeverErrsAndCounts() {
        StepErrors none = StepErrors.none();
        assertThat(none.next()).isFalse();
        assertThat(none.next()).isFalse();
        assertThat(none.steps()).isEqualTo(2);
    }

    @Test
    void exactlyOneStepErrs() {
        StepErrors third = StepErrors.at(2, new SplittableRandom(1));
        assertThat(new boolean[] {third.next(), third.next(), third.next(), third.next()})
                .containsExactly(false, false, true, false);
        for (int i = 0; i < 100; i++) {
            assertThat(third.pick(3)).isBetween(0, 2);
        }
    }
}
