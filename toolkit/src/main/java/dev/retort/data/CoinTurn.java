package dev.retort.data;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One turn of a coin flip question (Wei et al. 2022, arXiv 2201.11903), such as "Ada does not flip the coin.", by its place
 * in the text.
 *
 * @param start where the sentence begins, with the person's name
 * @param nameEnd where the name ends
 * @param end behind the sentence's point
 * @param flips whether the coin is flipped
 */
public record CoinTurn(int start, int nameEnd, int end, boolean flips) {

    /** The form of a question, for messages. */
    public static final String FORM =
            "A coin is heads up. X flips the coin. Y does not flip the coin. Is the coin still heads up?";

    /** How a question begins. */
    public static final String BEGIN = "A coin is heads up.";

    /** What a question asks at its end. */
    public static final String END = "Is the coin still heads up?";

    private static final Pattern TURN = Pattern.compile("\\s*+([^\\s.?!][^.?!]*?) (flips|does not flip) the coin\\.");

    /**
     * The turns of a question, which may stand within a longer text; none where the text does not ask exactly one coin flip
     * question, or holds anything else between its turns.
     */
    public static List<CoinTurn> in(String text) {
        int begin = text.indexOf(BEGIN);
        int end = text.indexOf(END);
        if (begin < 0 || end < begin || text.indexOf(BEGIN, begin + 1) >= 0 || text.indexOf(END, end + 1) >= 0) {
            return List.of();
        }
        List<CoinTurn> turns = new ArrayList<>();
        int from = begin + BEGIN.length();
        Matcher matcher = TURN.matcher(text).region(from, end);
        while (matcher.lookingAt()) {
            boolean flips = matcher.group(2).equals("flips");
            turns.add(new CoinTurn(matcher.start(1), matcher.end(1), matcher.end(), flips));
            from = matcher.end();
            matcher.region(from, end);
        }
        return text.substring(from, end).isBlank() ? turns : List.of();
    }

    /** Who it is, as the text has it. */
    public String name(String text) {
        return text.substring(start, nameEnd);
    }
}
