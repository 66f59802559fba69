package dev.retort.answer;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * ROUGE-L over one pair of texts (Lin, 2004), equal to {@code RougeScorer(["rougeL"], use_stemmer=True)} of Google's
 * {@code rouge_score}: lower case, words of a-z and 0-9, those longer than three letters stemmed.
 */
public final class RougeL {

    /**
     * The score of one prediction, each value in [0, 1].
     *
     * @param precision longest common subsequence over the prediction's words
     * @param recall longest common subsequence over the reference's words
     * @param fMeasure their harmonic mean
     */
    public record Score(double precision, double recall, double fMeasure) {}

    private static final int LONGEST_UNSTEMMED = 3;

    private RougeL() {}

    /** The score of a prediction against one reference; zeros when either has no words. */
    public static Score score(String prediction, String reference) {
        return score(words(prediction), words(reference));
    }

    /** The score against the reference with the highest F-measure, the first of equals. */
    public static Score best(String prediction, List<String> references) {
        List<String> predicted = words(prediction);
        Score best = null;
        for (String reference : references) {
            Score score = score(predicted, words(reference));
            if (best == null || score.fMeasure() > best.fMeasure()) {
                best = score;
            }
        }
        if (best == null) {
            throw new IllegalArgumentException("references are empty: ROUGE-L needs at least one");
        }
        return best;
    }

    private static Score score(List<String> prediction, List<String> reference) {
        if (prediction.isEmpty() || reference.isEmpty()) {
            return new Score(0, 0, 0);
        }
        int common = longestCommonSubsequence(prediction, reference);
        double precision = (double) common / prediction.size();
        double recall = (double) common / reference.size();
        double sum = precision + recall;
        return new Score(precision, recall, sum > 0 ? 2 * precision * recall / sum : 0);
    }

    private static List<String> words(String text) {
        List<String> words = new ArrayList<>();
        String lower = text.toLowerCase(Locale.ROOT);
        int start = -1;
        for (int i = 0; i <= lower.length(); i++) {
            char letter = i < lower.length() ? lower.charAt(i) : ' ';
            boolean inWord = (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9');
            if (inWord && start < 0) {
                start = i;
            } else if (!inWord && start >= 0) {
                String word = lower.substring(start, i);
                words.add(word.length() > LONGEST_UNSTEMMED ? PorterStemmer.stem(word) : word);
                start = -1;
            }
        }
        return words;
    }

    private static int longestCommonSubsequence(List<String> first, List<String> second) {
        int[] row = new int[second.size() + 1];
        for (String word : first) {
            int diagonal = 0;
            for (int j = 1; j < row.length; j++) {
                int above = row[j];
                row[j] = word.equals(second.get(j - 1)) ? diagonal + 1 : Math.max(above, row[j - 1]);
                diagonal = above;
            }
        }
        return row[second.size()];
    }
}
