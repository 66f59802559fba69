package dev.retort.answer;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** How one prediction is scored against its references, in [0, 1]; the best reference counts. */
public enum Metric {
    /** 1 where the texts are equal but for blanks around them and the kind and number of blanks within. */
    EXACT_MATCH("exact-match"),
    /** 1 where the last boxes, or the whole texts where there is none, are equal by {@link MathEquivalence#equal}. */
    MATH_EQUIVALENCE("math-equivalence"),
    /** 1 where the numbers the texts end in are equal by {@link NumericAnswer#equal}. */
    NUMERIC("numeric"),
    /** The F-measure of {@link RougeL}. */
    ROUGE_L("rouge-l");

    private final String title;

    Metric(String title) {
        this.title = title;
    }

    /** The name on the command line, in kebab-case. */
    public String title() {
        return title;
    }

    /**
     * The metric with a command-line name.
     *
     * @throws IllegalArgumentException for another name; the message lists the names and the nearest one
     */
    public static Metric fromName(String name) {
        for (Metric metric : values()) {
            if (metric.title.equals(name)) {
                return metric;
            }
        }
        String names = Arrays.stream(values()).map(Metric::title).collect(Collectors.joining(", "));
        String wanted = name.toLowerCase(Locale.ROOT).replace('_', '-');
        Metric nearest = Arrays.stream(values())
                .min(Comparator.comparingInt(metric -> distance(metric.title, wanted)))
                .orElseThrow();
        throw new IllegalArgumentException(
                "unknown metric \"" + name + "\": did you mean " + nearest.title + "? The metrics are " + names);
    }

    /**
     * The score of a prediction, the highest over the references.
     *
     * @throws IllegalArgumentException when there is no reference
     */
    public double score(String prediction, List<String> references) {
        if (references.isEmpty()) {
            throw new IllegalArgumentException("references are empty: " + title + " needs at least one");
        }
        return switch (this) {
            case EXACT_MATCH -> {
                String plain = AnswerText.plain(prediction);
                yield anyMatch(references.stream().anyMatch(reference -> plain.equals(AnswerText.plain(reference))));
            }
            case MATH_EQUIVALENCE -> anyMatch(
                    references.stream().anyMatch(reference -> MathEquivalence.sameAnswer(prediction, reference)));
            case NUMERIC -> anyMatch(
                    references.stream().anyMatch(reference -> NumericAnswer.equal(prediction, reference)));
            case ROUGE_L -> RougeL.best(prediction, references).fMeasure();
        };
    }

    private static double anyMatch(boolean matched) {
        return matched ? 1 : 0;
    }

    /** Levenshtein distance, or 0 for a part of the name. */
    private static int distance(String first, String second) {
        if (first.contains(second)) {
            return 0;
        }
        int[] row = new int[second.length() + 1];
        Arrays.setAll(row, j -> j);
        for (int i = 1; i <= first.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j < row.length; j++) {
                int above = row[j];
                int substitution = diagonal + (first.charAt(i - 1) == second.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(substitution, 1 + Math.min(above, row[j - 1]));
                diagonal = above;
            }
        }
        return row[second.length()];
    }
}
