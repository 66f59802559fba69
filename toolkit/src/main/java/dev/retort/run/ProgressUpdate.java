package dev.retort.run;

import java.util.Locale;

/**
 * How far a loop has come.
 *
 * @param label what it does, one word or two
 * @param done steps done, those before a resume included
 * @param total steps in all
 * @param tokensPerSecond since this process began the loop; NaN where tokens are not counted
 * @param loss of the last step; NaN where there is none
 * @param elapsedSeconds since this process began the loop
 * @param remainingSeconds at the pace so far; NaN before the first step
 */
public record ProgressUpdate(
        String label,
        long done,
        long total,
        double tokensPerSecond,
        double loss,
        double elapsedSeconds,
        double remainingSeconds) {

    /** One line, without its break. */
    public String format() {
        StringBuilder line = new StringBuilder()
                .append(label)
                .append(' ')
                .append(done)
                .append('/')
                .append(total);
        if (!Double.isNaN(tokensPerSecond)) {
            line.append(String.format(Locale.ROOT, " | %.0f tokens/s", tokensPerSecond));
        }
        if (!Double.isNaN(loss)) {
            line.append(String.format(Locale.ROOT, " | loss %.4f", loss));
        }
        line.append(" | ").append(time(elapsedSeconds));
        if (!Double.isNaN(remainingSeconds)) {
            line.append(", ").append(time(remainingSeconds)).append(" left");
        }
        return line.toString();
    }

    private static String time(double seconds) {
        long whole = Math.round(seconds);
        return whole >= 3600
                ? String.format(Locale.ROOT, "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60)
                : String.format(Locale.ROOT, "%d:%02d", whole / 60, whole % 60);
    }
}
