package dev.retort.teacher;

import dev.retort.data.Question;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Coin flip (Wei et al. 2022, arXiv 2201.11903): follows the coin through everyone who flips it or does not. The sentences
 * may stand within a longer prompt.
 */
final class CoinFlipProgram implements Program {

    private static final int MOST_TURNS = 1000;
    private static final Pattern TURN = Pattern.compile("\\s*([^.?!]+?) (flips|does not flip) the coin\\.");
    private static final String BEGIN = "A coin is heads up.";
    private static final String END = "Is the coin still heads up?";

    @Override
    public Chain solve(Question question, StepErrors errors) throws TeacherException {
        String text = question.text();
        int begin = text.indexOf(BEGIN);
        int end = text.indexOf(END, Math.max(0, begin));
        if (begin < 0 || end < 0) {
            throw unreadable(question);
        }
        String turns = text.substring(begin + BEGIN.length(), end);
        boolean headsUp = true;
        StringBuilder rationale = new StringBuilder("The coin is heads up.");
        Matcher turn = TURN.matcher(turns);
        int position = 0;
        for (int count = 0; turn.lookingAt(); count++) {
            if (count >= MOST_TURNS) {
                throw new TeacherException("scripted:coin-flip takes at most " + MOST_TURNS + " turns; question "
                        + question.id() + " has more");
            }
            boolean flips = turn.group(2).equals("flips");
            headsUp ^= flips ^ errors.next();
            rationale
                    .append(' ')
                    .append(turn.group(1).strip())
                    .append(flips ? " flips the coin, so it is now " : " does not flip the coin, so it stays ")
                    .append(headsUp ? "heads up." : "tails up.");
            position = turn.end();
            turn.region(position, turns.length());
        }
        if (position == 0 || !turns.substring(position).isBlank()) {
            throw unreadable(question);
        }
        return new Chain(rationale.toString(), headsUp ? "yes" : "no");
    }

    private static TeacherException unreadable(Question question) {
        return new TeacherException("scripted:coin-flip cannot read question " + question.id()
                + "; it takes: A coin is heads up. X flips the coin. Y does not flip the coin. Is the coin"
                + " still heads up?");
    }
}
