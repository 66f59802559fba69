package dev.retort.papers.system2;

import dev.retort.data.DataCatalogue;
import dev.retort.data.Question;
import dev.retort.papers.DataRows;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Last letter concatenation (Wei et al. 2022, arXiv 2201.11903), generated and published. References are worked out, one
 * letter a word; the extra field names holds the words.
 *
 * <p>The published files were made from names, of which a few have two words and yet count for one letter: 15 of the 500
 * items of zero-shot CoT and 2 of the 220 four-word items of Rephrase and Respond have five words and an answer of four
 * letters. Their answers are kept in the extra field published_answer. The 500 items name the same people, in the same
 * order, as the 500 of {@link CoinFlip}.
 */
public final class LastLetters {

    static final String TASK = "last-letters";

    private static final Pattern TEXT =
            Pattern.compile("Take the last letters of (?:the|each) words in \"([^\"]*+)\" and concatenate them\\.");

    private LastLetters() {}

    /**
     * Drawn questions, all with different names.
     *
     * @param words 1 to 50; the papers use 4, and 2
     * @param reserved {@linkplain FirstNames#key keys} of names that must not be asked, such as those of published tests
     * @throws IllegalArgumentException where there are not so many
     */
    public static List<Question> draw(NameUse use, int count, int words, long seed, Set<String> reserved) {
        List<Question> questions = new ArrayList<>();
        for (List<String> names : new FirstNames(seed).draw(use, count, words, reserved)) {
            String id = TASK + "-" + use.title() + "-" + words + "-" + questions.size();
            String text =
                    "Take the last letters of the words in \"" + String.join(" ", names) + "\" and concatenate them.";
            questions.add(NamedQuestions.of(id, TASK, text, names, answer(names), null));
        }
        return List.copyOf(questions);
    }

    /**
     * The 500 four-name items that zero-shot CoT (Kojima et al. 2022, arXiv 2205.11916) published.
     *
     * @throws IOException where the file is missing or not as described
     */
    public static List<Question> published(DataCatalogue catalogue) throws IOException {
        return DataRows.array(
                catalogue,
                "last_letters",
                "last_letters.json",
                "examples",
                (index, row) -> parse(
                        TASK + "-published-" + index, DataRows.text(row, "question"), DataRows.text(row, "answer")));
    }

    /**
     * The items of Rephrase and Respond (Deng et al. 2023, arXiv 2311.04205): 219 of two words, 220 of four.
     *
     * @param words 2 or 4
     * @throws IOException where the file is missing or not as described
     */
    public static List<Question> rar(DataCatalogue catalogue, int words) throws IOException {
        String file =
                switch (words) {
                    case 2 -> "last_letter_concatenation_gpt-4.json";
                    case 4 -> "last_letter_concatenation4_gpt-4.json";
                    default -> throw new IllegalArgumentException(
                            "Rephrase and Respond published items of 2 and of 4 words, not of " + words);
                };
        return DataRows.array(
                catalogue,
                "rar",
                file,
                null,
                (index, row) -> parse(
                        TASK + "-rar-" + words + "-" + index,
                        DataRows.text(row, "question"),
                        DataRows.text(row, "answer")));
    }

    /** The last letter of every word, in their order and case. */
    static String answer(List<String> words) {
        StringBuilder letters = new StringBuilder();
        for (String word : words) {
            letters.appendCodePoint(word.codePointBefore(word.length()));
        }
        return letters.toString();
    }

    private static Question parse(String id, String text, String published) {
        Matcher matcher = TEXT.matcher(text);
        if (!matcher.matches() || matcher.group(1).isBlank()) {
            throw new IllegalArgumentException(
                    "question is not: Take the last letters of the words in \"A B\" and concatenate them.");
        }
        List<String> words = List.of(matcher.group(1).strip().split("\\s+"));
        return NamedQuestions.of(id, TASK, text, words, answer(words), published);
    }
}
