package dev.retort.notebook;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What a student shall write, coloured by what each token costs it: the stronger, the dearer. Made by {@link Losses#heat}; a
 * cell that returns it shows it.
 */
public final class TokenHeat {

    /** Half a nat is a probability of 0.6: what costs less is left without its number. */
    private static final double CHEAP = 0.5;

    private static final int STRONGEST = 0xc0;

    private final List<String> tokens;
    private final float[] losses;
    private final double full;

    /**
     * @param losses one for each token, in nats
     * @param full the loss that has the strongest colour
     */
    TokenHeat(List<String> tokens, float[] losses, double full) {
        this.tokens = List.copyOf(tokens);
        this.losses = losses;
        this.full = full;
    }

    String html() {
        StringBuilder out = new StringBuilder("<div style=\"line-height:2;font-family:monospace\">");
        for (int i = 0; i < losses.length; i++) {
            int strength = (int) Math.round(STRONGEST * Math.min(1, losses[i] / full));
            out.append(String.format(
                    Locale.ROOT,
                    "<span title=\"%.3f nats, probability %.3f\""
                            + " style=\"background-color:#d55e00%02x;padding:2px\">%s</span>",
                    losses[i],
                    Math.exp(-losses[i]),
                    strength,
                    Html.escape(tokens.get(i))));
            if (losses[i] >= CHEAP) {
                out.append(String.format(Locale.ROOT, "<sub>%.1f</sub>", losses[i]));
            }
            out.append('\n');
        }
        return out.append("</div>\n").toString();
    }

    /** The same for a terminal: the loss stands behind what is dear. */
    @Override
    public String toString() {
        List<String> words = new ArrayList<>();
        for (int i = 0; i < losses.length; i++) {
            words.add(
                    losses[i] < CHEAP
                            ? tokens.get(i)
                            : String.format(Locale.ROOT, "%s (%.1f)", tokens.get(i), losses[i]));
        }
        return String.join(" ", words);
    }
}
