package dev.retort.answer;

import java.util.Locale;
import java.util.Map;

/**
 * Porter's suffix stripping (Program 14.3, 1980) with the extensions that NLTK's {@code PorterStemmer} applies by
 * default, the stemmer behind the {@code rouge_score} package.
 */
public final class PorterStemmer {

    /** NLTK's irregular forms. */
    private static final Map<String, String> IRREGULAR = Map.ofEntries(
            Map.entry("sky", "sky"),
            Map.entry("skies", "sky"),
            Map.entry("dying", "die"),
            Map.entry("lying", "lie"),
            Map.entry("tying", "tie"),
            Map.entry("news", "news"),
            Map.entry("innings", "inning"),
            Map.entry("inning", "inning"),
            Map.entry("outings", "outing"),
            Map.entry("outing", "outing"),
            Map.entry("cannings", "canning"),
            Map.entry("canning", "canning"),
            Map.entry("howe", "howe"),
            Map.entry("proceed", "proceed"),
            Map.entry("exceed", "exceed"),
            Map.entry("succeed", "succeed"));

    private record Rule(String suffix, String replacement) {}

    /** Step 2, each where the stem has a positive measure; the first suffix that fits decides. */
    private static final Rule[] STEP_2 = {
        new Rule("ational", "ate"),
        new Rule("tional", "tion"),
        new Rule("enci", "ence"),
        new Rule("anci", "ance"),
        new Rule("izer", "ize"),
        new Rule("bli", "ble"),
        new Rule("alli", "al"),
        new Rule("entli", "ent"),
        new Rule("eli", "e"),
        new Rule("ousli", "ous"),
        new Rule("ization", "ize"),
        new Rule("ation", "ate"),
        new Rule("ator", "ate"),
        new Rule("alism", "al"),
        new Rule("iveness", "ive"),
        new Rule("fulness", "ful"),
        new Rule("ousness", "ous"),
        new Rule("aliti", "al"),
        new Rule("iviti", "ive"),
        new Rule("biliti", "ble"),
        new Rule("fulli", "ful"),
    };

    /** Step 3, each where the stem has a positive measure. */
    private static final Rule[] STEP_3 = {
        new Rule("icate", "ic"),
        new Rule("ative", ""),
        new Rule("alize", "al"),
        new Rule("iciti", "ic"),
        new Rule("ical", "ic"),
        new Rule("ful", ""),
        new Rule("ness", ""),
    };

    /** Step 4, each removed where the stem's measure is above 1. */
    private static final String[] STEP_4 = {
        "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou", "ism", "ate",
        "iti", "ous", "ive", "ize",
    };

    private PorterStemmer() {}

    /** The stem of one word, in lower case. */
    public static String stem(String word) {
        String lower = word.toLowerCase(Locale.ROOT);
        String irregular = IRREGULAR.get(lower);
        if (irregular != null) {
            return irregular;
        }
        if (word.length() <= 2) {
            return lower;
        }
        return step5(step4(step3(step2(step1c(step1b(step1a(lower)))))));
    }

    /** Plurals; NLTK: dies to die, but flies to fli. */
    private static String step1a(String word) {
        if (word.endsWith("ies")) {
            return cut(word, word.length() == 4 ? 1 : 2);
        }
        if (word.endsWith("sses")) {
            return cut(word, 2);
        }
        return word.endsWith("s") && !word.endsWith("ss") ? cut(word, 1) : word;
    }

    /** Past tenses and participles; NLTK: died to die, but spied to spi. */
    private static String step1b(String word) {
        if (word.endsWith("ied")) {
            return cut(word, word.length() == 4 ? 1 : 2);
        }
        if (word.endsWith("eed")) {
            return measure(word, word.length() - 3) > 0 ? cut(word, 1) : word;
        }
        String stem;
        if (word.endsWith("ed") && hasVowel(word, word.length() - 2)) {
            stem = cut(word, 2);
        } else if (word.endsWith("ing") && hasVowel(word, word.length() - 3)) {
            stem = cut(word, 3);
        } else {
            return word;
        }
        if (stem.endsWith("at") || stem.endsWith("bl") || stem.endsWith("iz")) {
            return stem + "e";
        }
        int length = stem.length();
        char last = stem.charAt(length - 1);
        if (length >= 2 && last == stem.charAt(length - 2) && isConsonant(stem, length - 1)) {
            return last == 'l' || last == 's' || last == 'z' ? stem : cut(stem, 1);
        }
        return measure(stem, length) == 1 && endsShort(stem, length) ? stem + "e" : stem;
    }

    /** Final y; NLTK: only behind a consonant that is not the whole stem, so that enjoy and by stay. */
    private static String step1c(String word) {
        int stem = word.length() - 1;
        return word.endsWith("y") && stem > 1 && isConsonant(word, stem - 1) ? cut(word, 1) + "i" : word;
    }

    private static String step2(String word) {
        // NLTK: alli becomes al before the other rules, and the result runs through them again.
        if (word.endsWith("alli") && measure(word, word.length() - 4) > 0) {
            return step2(cut(word, 2));
        }
        for (Rule rule : STEP_2) {
            if (word.endsWith(rule.suffix())) {
                return replacedIfMeasured(word, rule);
            }
        }
        // NLTK: the l counts with the stem, so that geologi is treated as archaeologi.
        return word.endsWith("logi") && measure(word, word.length() - 3) > 0 ? cut(word, 1) : word;
    }

    private static String step3(String word) {
        for (Rule rule : STEP_3) {
            if (word.endsWith(rule.suffix())) {
                return replacedIfMeasured(word, rule);
            }
        }
        return word;
    }

    private static String step4(String word) {
        for (String suffix : STEP_4) {
            if (word.endsWith(suffix)) {
                int stem = word.length() - suffix.length();
                boolean removable = measure(word, stem) > 1
                        && (!suffix.equals("ion") || word.charAt(stem - 1) == 's' || word.charAt(stem - 1) == 't');
                return removable ? word.substring(0, stem) : word;
            }
        }
        return word;
    }

    /** Final e, then double l. */
    private static String step5(String word) {
        String result = word;
        if (word.endsWith("e")) {
            int stem = word.length() - 1;
            int measure = measure(word, stem);
            if (measure > 1 || (measure == 1 && !endsShort(word, stem))) {
                result = cut(word, 1);
            }
        }
        return result.endsWith("ll") && measure(result, result.length() - 1) > 1 ? cut(result, 1) : result;
    }

    private static String replacedIfMeasured(String word, Rule rule) {
        int stem = word.length() - rule.suffix().length();
        return measure(word, stem) > 0 ? word.substring(0, stem) + rule.replacement() : word;
    }

    private static String cut(String word, int characters) {
        return word.substring(0, word.length() - characters);
    }

    private static boolean isVowelLetter(char letter) {
        return letter == 'a' || letter == 'e' || letter == 'i' || letter == 'o' || letter == 'u';
    }

    /** A letter other than a vowel, and other than y behind a consonant. */
    private static boolean isConsonant(String word, int index) {
        int first = index;
        while (first > 0 && word.charAt(first) == 'y') {
            first--;
        }
        boolean consonant = !isVowelLetter(word.charAt(first));
        return ((index - first) & 1) == 0 ? consonant : !consonant;
    }

    /** Porter's m: how often a vowel is followed by a consonant in the first {@code length} letters. */
    private static int measure(String word, int length) {
        int measure = 0;
        boolean before = true;
        for (int i = 0; i < length; i++) {
            boolean consonant = consonantBehind(word.charAt(i), i == 0 || !before);
            if (consonant && !before) {
                measure++;
            }
            before = consonant;
        }
        return measure;
    }

    private static boolean hasVowel(String word, int length) {
        boolean before = false;
        for (int i = 0; i < length; i++) {
            before = consonantBehind(word.charAt(i), i == 0 || !before);
            if (!before) {
                return true;
            }
        }
        return false;
    }

    private static boolean consonantBehind(char letter, boolean yIsConsonant) {
        return letter == 'y' ? yIsConsonant : !isVowelLetter(letter);
    }

    /** Porter's *o: ends in consonant, vowel, consonant other than w, x, y; NLTK: or is just vowel, consonant. */
    private static boolean endsShort(String word, int length) {
        if (length == 2) {
            return !isConsonant(word, 0) && isConsonant(word, 1);
        }
        if (length < 3) {
            return false;
        }
        char last = word.charAt(length - 1);
        return isConsonant(word, length - 3)
                && !isConsonant(word, length - 2)
                && isConsonant(word, length - 1)
                && last != 'w'
                && last != 'x'
                && last != 'y';
    }
}
