package dev.retort.teacher;

/**
 * A worked answer.
 *
 * @param rationale the steps in words, without the answer's sentence
 * @param answer the answer alone
 */
public record Chain(String rationale, String answer) {

    /** The rationale, then "The answer is X." */
    public String text() {
        String sentence = "The answer is " + answer + ".";
        return rationale.isEmpty() ? sentence : rationale + " " + sentence;
    }
}
