package dev.retort.papers.stepbystep;

import java.math.BigDecimal;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What sets a row of the result table apart: words separated by one blank, {@code labels=137} or {@code fraction=0.25},
 * and {@code layers=20}; each may be absent.
 *
 * @param labels training examples, at least 1
 * @param fraction of the paper's training split, above 0 and at most 1; not together with labels
 * @param layers of a student cut from SmolLM2-135M, at least 1; absent: the full student
 */
public record Condition(OptionalInt labels, OptionalDouble fraction, OptionalInt layers) {

    private static final Pattern WORD =
            Pattern.compile("(labels|layers)=([0-9]{1,9})|(fraction)=([0-9](?:\\.[0-9]{1,9})?)");

    public Condition {
        require(labels.isEmpty() || fraction.isEmpty(), "a condition has labels or a fraction, not both");
        require(labels.orElse(1) >= 1, "labels must be at least 1");
        require(layers.orElse(1) >= 1, "layers must be at least 1");
        double share = fraction.orElse(1);
        require(share > 0 && share <= 1, "fraction must be above 0 and at most 1");
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException(message);
        }
    }

    /** So many training examples for the full student. */
    public static Condition ofLabels(int labels) {
        return new Condition(OptionalInt.of(labels), OptionalDouble.empty(), OptionalInt.empty());
    }

    /** This share of the paper's training split for the full student. */
    public static Condition ofFraction(double fraction) {
        return new Condition(OptionalInt.empty(), OptionalDouble.of(fraction), OptionalInt.empty());
    }

    /** The same data for a student of so many layers. */
    public Condition withLayers(int count) {
        return new Condition(labels, fraction, OptionalInt.of(count));
    }

    /** The same data for the full student. */
    public Condition withoutLayers() {
        return new Condition(labels, fraction, OptionalInt.empty());
    }

    /**
     * Reads what {@link #toString} writes; the words may come in any order.
     *
     * @throws IllegalArgumentException where the text is not of this form
     */
    public static Condition parse(String text) {
        return find(text)
                .orElseThrow(() -> new IllegalArgumentException("condition '" + text
                        + "' is not of the form 'labels=137', 'fraction=0.25' or 'labels=137 layers=20'"));
    }

    /** The same, empty where the text is not of this form: rows with other conditions stand in the same table. */
    public static Optional<Condition> find(String text) {
        Map<String, String> values = new HashMap<>();
        for (String word : text.isEmpty() ? new String[0] : text.split(" ", -1)) {
            Matcher matcher = WORD.matcher(word);
            if (!matcher.matches()) {
                return Optional.empty();
            }
            int key = matcher.group(1) == null ? 3 : 1;
            if (values.put(matcher.group(key), matcher.group(key + 1)) != null) {
                return Optional.empty();
            }
        }
        String fraction = values.get("fraction");
        return Optional.of(new Condition(
                integer(values.get("labels")),
                fraction == null ? OptionalDouble.empty() : OptionalDouble.of(Double.parseDouble(fraction)),
                integer(values.get("layers"))));
    }

    private static OptionalInt integer(String digits) {
        return digits == null ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(digits));
    }

    /** For example {@code labels=137 layers=20}; empty for the full student on an unnamed amount of data. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        labels.ifPresent(count -> text.append("labels=").append(count));
        fraction.ifPresent(share -> text.append("fraction=")
                .append(BigDecimal.valueOf(share).stripTrailingZeros().toPlainString()));
        layers.ifPresent(count ->
                text.append(text.isEmpty() ? "" : " ").append("layers=").append(count));
        return text.toString();
    }
}
