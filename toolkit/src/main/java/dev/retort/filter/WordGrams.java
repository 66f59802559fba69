package dev.retort.filter;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * The n-grams of a text's words, by which texts are near to each other or not. Words are runs of letters or of digits, in
 * lower case; a text of fewer than n words is one gram.
 */
public final class WordGrams {

    private WordGrams() {}

    /**
     * The grams, each once, in the order of the text.
     *
     * @param n words of a gram, at least 1
     */
    public static Set<String> of(String text, int n) {
        List<String> words = words(text);
        Set<String> grams = new LinkedHashSet<>();
        for (int i = 0; i + n <= words.size(); i++) {
            grams.add(String.join(" ", words.subList(i, i + n)));
        }
        if (grams.isEmpty()) {
            grams.add(String.join(" ", words));
        }
        return grams;
    }

    private static List<String> words(String text) {
        String lower = text.toLowerCase(Locale.ROOT);
        List<String> words = new ArrayList<>();
        int from = 0;
        while (from < lower.length()) {
            int first = lower.codePointAt(from);
            int end = from + Character.charCount(first);
            if (Character.isLetterOrDigit(first)) {
                while (end < lower.length() && isOneWord(first, lower.codePointAt(end))) {
                    end += Character.charCount(lower.codePointAt(end));
                }
                words.add(lower.substring(from, end));
            }
            from = end;
        }
        return words;
    }

    private static boolean isOneWord(int first, int next) {
        return Character.isLetterOrDigit(next) && Character.isDigit(first) == Character.isDigit(next);
    }
}
