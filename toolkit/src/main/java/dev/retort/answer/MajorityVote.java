package dev.retort.answer;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Votes over the answers of several samples of one question (self-consistency). Answers are one when their normal forms
 * are equal; a null answer, or one whose normal form is blank, votes for nothing but counts in the total.
 *
 * @param rule when an answer wins
 * @param normaliser maps an answer to its normal form, for instance {@link AnswerText#relaxed} or
 *     {@link MathEquivalence#canonical}
 */
public record MajorityVote(VoteRule rule, UnaryOperator<String> normaliser) {

    /** The verdict over all samples, in the order of their sample index. */
    public Vote of(List<String> answers) {
        Map<String, Integer> counts = new LinkedHashMap<>();
        Map<String, String> asGiven = new LinkedHashMap<>();
        for (String answer : answers) {
            String normal = answer == null ? "" : normaliser.apply(answer);
            if (!normal.isBlank()) {
                counts.merge(normal, 1, Integer::sum);
                asGiven.putIfAbsent(normal, answer);
            }
        }
        int most = counts.values().stream().mapToInt(Integer::intValue).max().orElse(0);
        List<String> leaders = counts.entrySet().stream()
                .filter(entry -> entry.getValue() == most)
                .map(Map.Entry::getKey)
                .toList();
        Optional<String> winner = leaders.size() == 1 && most >= rule.needed(answers.size())
                ? Optional.of(asGiven.get(leaders.get(0)))
                : Optional.empty();
        return new Vote(winner, most, answers.size(), counts);
    }

    /** Whether the verdict over {@code total} samples can no longer change after the first ones. */
    public boolean decided(List<String> answersSoFar, int total) {
        return rule.decided(of(answersSoFar).counts().values(), answersSoFar.size(), total);
    }

    /** How many samples to ask for next, see {@link VoteRule#fewestToDecide}; 0 where the verdict stands. */
    public int fewestToDecide(List<String> answersSoFar, int total) {
        return rule.fewestToDecide(of(answersSoFar).counts().values(), answersSoFar.size(), total);
    }
}
