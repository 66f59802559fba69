package dev.retort.papers.system2;

import dev.retort.data.CoinTurn;
import dev.retort.data.DataCatalogue;
import dev.retort.data.Question;
import dev.retort.data.SeededRandom;
import dev.retort.papers.DataRows;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * Coin flip (Wei et al. 2022, arXiv 2201.11903), generated and published. References are worked out: yes after an even
 * number of flips. The extra field names holds the people in their order.
 *
 * <p>All published answers equal ours. The 500 items of zero-shot CoT have four people, and "yes" is right in 253; the 220
 * of Rephrase and Respond have two, mostly surnames in lower case, and "yes" is right in 120.
 */
public final class CoinFlip {

    static final String TASK = "coin-flip";

    private CoinFlip() {}

    /**
     * Drawn questions, all with different names; everyone flips the coin with probability one half.
     *
     * @param people 1 to 50; the papers use 4, and 2
     * @param reserved {@linkplain FirstNames#key keys} of names that must not be asked, such as those of published tests
     * @throws IllegalArgumentException where there are not so many
     */
    public static List<Question> draw(NameUse use, int count, int people, long seed, Set<String> reserved) {
        List<Question> questions = new ArrayList<>();
        for (List<String> names : new FirstNames(seed).draw(use, count, people, reserved)) {
            SplittableRandom random = SeededRandom.of(seed, "coin-flips", use.title(), people, questions.size());
            StringBuilder text = new StringBuilder(CoinTurn.BEGIN);
            for (String name : names) {
                text.append(' ').append(name).append(random.nextBoolean() ? " flips" : " does not flip");
                text.append(" the coin.");
            }
            text.append(' ').append(CoinTurn.END).append(" Flip means reverse.");
            String id = TASK + "-" + use.title() + "-" + people + "-" + questions.size();
            questions.add(parse(id, text.toString(), null));
        }
        return List.copyOf(questions);
    }

    /**
     * The 500 items that zero-shot CoT (Kojima et al. 2022, arXiv 2205.11916) published.
     *
     * @throws IOException where the file is missing or not as described
     */
    public static List<Question> published(DataCatalogue catalogue) throws IOException {
        return DataRows.array(
                catalogue,
                "coin_flip",
                "coin_flip.json",
                "examples",
                (index, row) -> parse(
                        TASK + "-published-" + index, DataRows.text(row, "question"), DataRows.text(row, "answer")));
    }

    /**
     * The 220 items of Rephrase and Respond (Deng et al. 2023, arXiv 2311.04205).
     *
     * @throws IOException where the file is missing or not as described
     */
    public static List<Question> rar(DataCatalogue catalogue) throws IOException {
        return DataRows.array(
                catalogue,
                "rar",
                "coin_val_gpt-4.json",
                null,
                (index, row) ->
                        parse(TASK + "-rar-" + index, DataRows.text(row, "question"), DataRows.text(row, "answer")));
    }

    private static Question parse(String id, String text, String published) {
        List<CoinTurn> turns = CoinTurn.in(text);
        if (turns.isEmpty() || !text.startsWith(CoinTurn.BEGIN)) {
            throw new IllegalArgumentException("question is not: " + CoinTurn.FORM);
        }
        List<String> names = turns.stream().map(turn -> turn.name(text)).toList();
        boolean headsUp = turns.stream().filter(CoinTurn::flips).count() % 2 == 0;
        return NamedQuestions.of(id, TASK, text, names, headsUp ? "yes" : "no", published);
    }
}
