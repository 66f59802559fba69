package dev.retort.notebook;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class TokenHeatTest {

    private static final TokenHeat HEAT = new TokenHeat(List.of("a", "<b>", "c"), new float[] {0, 1, 9}, 4);

    @Test
    void coloursByTheLossUpToTheStrongest() {
        assertThat(HEAT.html().lines())
                .containsExactly(
                        "<div style=\"line-height:2;font-family:monospace\">"
                                + "<span title=\"0.000 nats, probability 1.000\""
                                + " style=\"background-color:#d55e0000;padding:2px\">a</span>",
                        "<span title=\"1.000 nats, probability 0.368\""
                                + " style=\"background-color:#d55e0030;padding:2px\">&lt;b&gt;</span><sub>1.0</sub>",
                        "<span title=\"9.000 nats, probability 0.000\""
                                + " style=\"background-color:#d55e00c0;padding:2px\">c</span><sub>9.0</sub>",
                        "</div>");
    }

    @Test
    void namesWhatIsDearInATerminal() {
        assertThat(HEAT).hasToString("a <b> (1.0) c (9.0)");
    }
}
