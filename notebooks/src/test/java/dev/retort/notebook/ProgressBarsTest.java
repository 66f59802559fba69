package dev.retort.notebook;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retort.run.ProgressUpdate;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProgressBarsTest {

    private static final ProgressUpdate RUNNING = new ProgressUpdate("a<b", 5, 20, 1234.4, 0.25, 10, 30.2);
    private static final ProgressUpdate DONE = new ProgressUpdate("evaluate", 8, 8, Double.NaN, Double.NaN, 3, 0);

    @Test
    void showsTimeAndSpeedOnlyWhileALoopRuns() {
        assertThat(new ProgressBars(List.of(RUNNING, DONE)))
                .hasToString("a<b 5/20, loss 0.250, 1234 tokens/s, 30 s left\nevaluate 8/8");
    }

    @Test
    void showsOneBarALoop() {
        assertThat(new ProgressBars(List.of(RUNNING, DONE)).html())
                .isEqualTo("<table>\n<tr><td style=\"text-align:left\">a&lt;b</td>"
                        + "<td><progress value=\"5\" max=\"20\"></progress></td>"
                        + "<td style=\"text-align:left\">5/20, loss 0.250, 1234 tokens/s, 30 s left</td></tr>\n"
                        + "<tr><td style=\"text-align:left\">evaluate</td>"
                        + "<td><progress value=\"8\" max=\"8\"></progress></td>"
                        + "<td style=\"text-align:left\">8/8</td></tr>\n</table>\n");
    }
}
