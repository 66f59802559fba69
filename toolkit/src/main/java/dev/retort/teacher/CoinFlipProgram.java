package dev.retort.teacher;

import dev.retort.data.CoinTurn;
import dev.retort.data.Question;
import java.util.List;

/**
 * Coin flip (Wei et al. 2022, arXiv 2201.11903): follows the coin through everyone who flips it or does not. The sentences
 * may stand within a longer prompt.
 */
final class CoinFlipProgram implements Program {

    private static final int MOST_TURNS = 1000;

    @Override
    public Chain solve(Question question, StepErrors errors) throws TeacherException {
        String text = question.text();
        List<CoinTurn> turns = CoinTurn.in(text);
        if (turns.isEmpty()) {
            throw new TeacherException(
                    "scripted:coin-flip cannot read question " + question.id() + "; it takes: " + CoinTurn.FORM);
        }
        if (turns.size() > MOST_TURNS) {
            throw new TeacherException("scripted:coin-flip takes at most " + MOST_TURNS + " turns; question "
                    + question.id() + " has more");
        }
        boolean headsUp = true;
        StringBuilder rationale = new StringBuilder("The coin is heads up.");
        for (CoinTurn turn : turns) {
            headsUp ^= turn.flips() ^ errors.next();
            rationale
                    .append(' ')
                    .append(turn.name(text).strip())
                    .append(turn.flips() ? " flips the coin, so it is now " : " does not flip the coin, so it stays ")
                    .append(headsUp ? "heads up." : "tails up.");
        }
        return new Chain(rationale.toString(), headsUp ? "yes" : "no");
    }
}
