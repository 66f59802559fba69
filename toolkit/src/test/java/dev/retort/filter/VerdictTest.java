package dev.retort.filter;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class VerdictTest {

    @Test
    void isKeptOrRejectedForAReason() {
        assertThat(Verdict.kept().isKept()).isTrue();
        assertThat(Verdict.rejected("why").isKept()).isFalse();
        assertThat(Verdict.keptIf(true, "why")).isEqualTo(new Verdict.Kept());
        assertThat(Verdict.keptIf(false, "why")).isEqualTo(new Verdict.Rejected("why"));
    }
}
