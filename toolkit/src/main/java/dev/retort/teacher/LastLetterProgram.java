package dev.retort.teacher;

import dev.retort.data.Question;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Last letter concatenation (Wei et al. 2022, arXiv 2201.11903): names the last letter of each word, then joins them. The
 * sentence may stand within a longer prompt.
 */
final class LastLetterProgram implements Program {

    private static final int MOST_WORDS = 1000;
    private static final Pattern QUESTION =
            Pattern.compile("Take the last letters of (?:the|each) words? in \"([^\"]*)\" and concatenate them\\.");

    @Override
    public Chain solve(Question question, StepErrors errors) throws TeacherException {
        List<String> words = words(question);
        StringBuilder rationale = new StringBuilder();
        List<String> letters = new ArrayList<>();
        for (String word : words) {
            String right = Character.toString(word.codePointBefore(word.length()));
            String letter = errors.next() ? wrongLetter(word, right, errors) : right;
            letters.add(letter);
            rationale
                    .append("The last letter of \"")
                    .append(word)
                    .append("\" is \"")
                    .append(letter)
                    .append("\". ");
        }
        String answer = String.join("", letters);
        if (errors.next()) {
            answer = wrongJoin(letters, errors);
        }
        rationale.append("Concatenating them gives \"").append(answer).append("\".");
        return new Chain(rationale.toString(), answer);
    }

    private static List<String> words(Question question) throws TeacherException {
        Matcher matcher = QUESTION.matcher(question.text());
        if (!matcher.find()) {
            throw new TeacherException("scripted:last-letter cannot read question " + question.id()
                    + "; it takes: Take the last letters of the words in \"A B\" and concatenate them.");
        }
        List<String> words = matcher.group(1).isBlank()
                ? List.of()
                : List.of(matcher.group(1).strip().split("\\s+"));
        if (words.isEmpty() || words.size() > MOST_WORDS) {
            throw new TeacherException("scripted:last-letter takes 1 to " + MOST_WORDS + " words; question "
                    + question.id() + " has " + words.size());
        }
        return words;
    }

    /** Another letter of the word, or where it has none the letter that follows in the alphabet. */
    private static String wrongLetter(String word, String right, StepErrors errors) {
        List<String> others = word.codePoints()
                .mapToObj(Character::toString)
                .filter(letter -> !letter.equals(right))
                .distinct()
                .toList();
        if (!others.isEmpty()) {
            return others.get(errors.pick(others.size()));
        }
        return right.equals("z") ? "a" : Character.toString(right.codePointAt(0) + 1);
    }

    /** One letter left out. */
    private static String wrongJoin(List<String> letters, StepErrors errors) {
        List<String> kept = new ArrayList<>(letters);
        if (kept.size() == 1) {
            return kept.get(0) + kept.get(0);
        }
        kept.remove(errors.pick(kept.size()));
        return String.join("", kept);
    }
}
