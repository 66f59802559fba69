package dev.retort.pipelines;

import dev.retort.data.Question;

/** Questions that the scripted teacher of coin flips reads. */
final class CoinFlips {

    private CoinFlips() {}

    /** Every third coin is turned twice, the others once; no two texts are equal below 676. */
    static Question question(int number) {
        String name = "A" + (char) ('a' + number % 26) + (char) ('a' + number / 26);
        boolean isTurnedTwice = number % 3 == 0;
        String text = "A coin is heads up. " + name + " flips the coin. Bob does not flip the coin. "
                + (isTurnedTwice ? "Carl flips the coin." : "Carl does not flip the coin.")
                + " Is the coin still heads up? Note that \"flip\" here means \"reverse\".";
        return Question.ofText("q-" + number, "coin-flip", text, isTurnedTwice ? "yes" : "no");
    }
}
