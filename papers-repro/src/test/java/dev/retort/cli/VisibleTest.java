package dev.retort.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class VisibleTest {

    @Test
    void everyCharacterCanBeSeen() {
        assertThat(Visible.text(" a\tb\r\n")).isEqualTo("·a\\tb\\r\\n");
        assertThat(Visible.text("ü你🙂")).isEqualTo("ü你🙂");
        assertThat(Visible.text("\u00a0\u200b\ufeff\u0000\u2028\ufffd"))
                .isEqualTo("\\u{a0}\\u{200b}\\u{feff}\\u{0}\\u{2028}\\u{fffd}");
        assertThat(Visible.text("·\\")).isEqualTo("\\u{b7}\\\\");
        assertThat(Visible.text("\ud800")).isEqualTo("\\u{d800}");
    }
}
