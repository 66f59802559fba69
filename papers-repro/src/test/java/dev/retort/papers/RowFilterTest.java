package dev.retort.papers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class RowFilterTest {

    @Test
    void matchesWholeNames() {
        RowFilter filter = RowFilter.of(List.of("distilled.*.{0,1}", "gold.chain.0"));
        assertThat(filter.isAll()).isFalse();
        assertThat(filter.matches("distilled.letters.2")).isFalse();
        assertThat(filter.matches("gold.chain.01")).isFalse();
        assertThat(filter.hasMatched()).isFalse();
        assertThat(filter.matches("distilled.letters.1")).isTrue();
        assertThat(filter.matches("gold.chain.0")).isTrue();
        assertThat(filter.hasMatched()).isTrue();
    }

    @Test
    void withoutPatternsAllMatch() {
        assertThat(RowFilter.of(List.of())).isSameAs(RowFilter.ALL);
        assertThat(RowFilter.ALL.matches("any.row.0")).isTrue();
        assertThat(RowFilter.ALL.isAll()).isTrue();
    }

    @Test
    void aBrokenPatternIsNamed() {
        assertThatThrownBy(() -> RowFilter.of(List.of("a.*", "{b")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("'{b' is no pattern of names: ");
    }
}
