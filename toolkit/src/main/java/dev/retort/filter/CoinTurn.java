package dev.retort.filter;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One turn of a coin flip question (Wei et al. 2022, arXiv 2201.11903), such as "Ada does not flip the coin.", by its place
 * in the text.
 *
 * @param start where the sentence begins
 * @param nameEnd where the person's name ends
 * @param end behind the sentence's point
 */
record CoinTurn(int start, int nameEnd, int end) {

    private static final String BEGIN = "A coin is heads up.";
    private static final String END = "Is the coin still heads up?";
    private static final Pattern TURN = Pattern.compile("\\s*+([^\\s.?!][^.?!]*?) (?:flips|does not flip) the coin\\.");

    /** The turns; none where the text does not ask exactly one coin flip question and nothing else between its turns. */
    static List<CoinTurn> in(String text) {
        int begin = text.indexOf(BEGIN);
        int end = text.indexOf(END);
        if (begin < 0 || end < begin || text.indexOf(BEGIN, begin + 1) >= 0 || text.indexOf(END, end + 1) >= 0) {
            return List.of();
        }
        List<CoinTurn> turns = new ArrayList<>();
        int from = begin + BEGIN.length();
        Matcher matcher = TURN.matcher(text).region(from, end);
        while (matcher.lookingAt()) {
            turns.add(new CoinTurn(matcher.start(1), matcher.end(1), matcher.end()));
            from = matcher.end();
            matcher.region(from, end);
        }
        return text.substring(from, end).isBlank() ? turns : List.of();
    }
}
