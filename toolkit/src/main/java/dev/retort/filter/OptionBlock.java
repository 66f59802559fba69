package dev.retort.filter;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a text shows the options of a multiple-choice question.
 *
 * @param text the whole text
 * @param starts where each option's text begins, behind its letter
 * @param ends where each option's text ends
 * @param start where the first letter's mark begins
 */
record OptionBlock(String text, List<Integer> starts, List<Integer> ends, int start) {

    /** How a letter is marked: what stands before it, whether it is a capital, what stands behind it. */
    private enum Mark {
        BOTH("(", false, ")"),
        BOTH_CAPITAL("(", true, ")"),
        BEHIND("", false, ")"),
        BEHIND_CAPITAL("", true, ")"),
        POINT("", false, "."),
        POINT_CAPITAL("", true, ".");

        private final String before;
        private final boolean capital;
        private final String behind;

        Mark(String before, boolean capital, String behind) {
            this.before = before;
            this.capital = capital;
            this.behind = behind;
        }

        String of(int option) {
            String letter = letter(option);
            return before + (capital ? letter.toUpperCase(Locale.ROOT) : letter) + behind;
        }
    }

    /** The most options there are letters for. */
    static final int MOST = 26;

    static String letter(int option) {
        return Character.toString('a' + option);
    }

    /** The one place where all choices stand in their order, each behind its letter; empty where there is none or more. */
    static Optional<OptionBlock> find(String text, List<String> choices) {
        for (Mark mark : Mark.values()) {
            Matcher matcher = pattern(mark, choices).matcher(text);
            if (matcher.find()) {
                List<Integer> starts = new ArrayList<>();
                List<Integer> ends = new ArrayList<>();
                for (int group = 1; group <= matcher.groupCount(); group++) {
                    starts.add(matcher.start(group));
                    ends.add(matcher.end(group));
                }
                int start = matcher.start();
                return matcher.find() ? Optional.empty() : Optional.of(new OptionBlock(text, starts, ends, start));
            }
        }
        return Optional.empty();
    }

    private static Pattern pattern(Mark mark, List<String> choices) {
        StringBuilder pattern = new StringBuilder("(?<![\\p{L}\\p{N}])");
        for (int i = 0; i < choices.size(); i++) {
            pattern.append(i == 0 ? "" : "[,;.]?+\\s++")
                    .append(Pattern.quote(mark.of(i)))
                    .append("\\s++(")
                    .append(Pattern.quote(choices.get(i).strip()))
                    .append(')');
        }
        return Pattern.compile(pattern.append("(?![\\p{L}\\p{N}])").toString());
    }

    /** The text before the first option's mark. */
    String before() {
        return text.substring(0, start);
    }

    /** The text behind the last option. */
    String behind() {
        return text.substring(ends.get(ends.size() - 1));
    }

    /** The whole text with other options behind the letters. */
    String with(List<String> choices) {
        StringBuilder out = new StringBuilder();
        int from = 0;
        for (int i = 0; i < choices.size(); i++) {
            out.append(text, from, starts.get(i)).append(choices.get(i).strip());
            from = ends.get(i);
        }
        return out.append(text.substring(from)).toString();
    }
}
