package dev.retort.notebook;

import dev.retort.run.ProgressUpdate;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * One bar for each loop. A bar that is full shows neither time nor speed: what a finished notebook keeps does not change from
 * run to run for that.
 *
 * @param loops the last update of each loop, in the order in which they began
 */
record ProgressBars(List<ProgressUpdate> loops) {

    ProgressBars {
        loops = List.copyOf(loops);
    }

    /** A line for each loop. */
    @Override
    public String toString() {
        return loops.stream().map(loop -> loop.label() + " " + numbers(loop)).collect(Collectors.joining("\n"));
    }

    String html() {
        StringBuilder out = new StringBuilder("<table>\n");
        for (ProgressUpdate loop : loops) {
            out.append("<tr><td style=\"text-align:left\">").append(Html.escape(loop.label()));
            out.append("</td><td><progress value=\"").append(Math.max(0, Math.min(loop.done(), loop.total())));
            out.append("\" max=\"").append(Math.max(1, loop.total())).append("\"></progress></td>");
            out.append("<td style=\"text-align:left\">")
                    .append(Html.escape(numbers(loop)))
                    .append("</td></tr>\n");
        }
        return out.append("</table>\n").toString();
    }

    private static String numbers(ProgressUpdate loop) {
        StringBuilder out = new StringBuilder().append(loop.done()).append('/').append(loop.total());
        if (!Double.isNaN(loop.loss())) {
            out.append(String.format(Locale.ROOT, ", loss %.3f", loop.loss()));
        }
        if (loop.done() < loop.total()) {
            if (!Double.isNaN(loop.tokensPerSecond())) {
                out.append(String.format(Locale.ROOT, ", %.0f tokens/s", loop.tokensPerSecond()));
            }
            if (!Double.isNaN(loop.remainingSeconds())) {
                out.append(String.format(Locale.ROOT, ", %.0f s left", loop.remainingSeconds()));
            }
        }
        return out.toString();
    }
}
