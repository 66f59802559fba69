package dev.retort.filter;

import dev.retort.data.CoinTurn;
import dev.retort.data.Question;
import dev.retort.data.SeededRandom;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;

/** {@link Perturbation#CLAUSE_REORDER}. */
final class ClauseReorder {

    private static final Perturbation KIND = Perturbation.CLAUSE_REORDER;

    private ClauseReorder() {}

    static Perturbed of(Question question, int count, long seed) {
        String text = question.text();
        List<CoinTurn> turns = CoinTurn.in(text);
        if (turns.isEmpty()) {
            return new Perturbed.NotApplied("no-coin-flip");
        }
        List<String> sentences = turns.stream()
                .map(turn -> text.substring(turn.start(), turn.end()))
                .toList();
        int possible = orders(sentences, count + 1) - 1;
        if (possible == 0) {
            return new Perturbed.NotApplied("turns-all-alike");
        }
        Set<List<String>> used = new HashSet<>();
        used.add(sentences);
        List<Question> variants = new ArrayList<>();
        for (int number = 1; number <= Math.min(count, possible); number++) {
            List<String> reordered = reordered(sentences, KIND.random(seed, question, number), used);
            StringBuilder changed = new StringBuilder();
            int from = 0;
            for (int i = 0; i < turns.size(); i++) {
                changed.append(text, from, turns.get(i).start()).append(reordered.get(i));
                from = turns.get(i).end();
            }
            changed.append(text.substring(from));
            variants.add(KIND.variant(
                    question,
                    number,
                    Fields.withText(question, changed.toString()),
                    question.reference(),
                    Map.of(),
                    question.extra()));
        }
        return new Perturbed.Variants(variants);
    }

    /** In how many orders the sentences give different texts, counted up to a limit: the multinomial coefficient. */
    private static int orders(List<String> sentences, int limit) {
        long orders = 1;
        int before = 0;
        Map<String, Integer> alike = new HashMap<>();
        for (String sentence : sentences) {
            before++;
            // Exact at every step: it is the coefficient of the sentences so far.
            orders = orders * before / alike.merge(sentence, 1, Integer::sum);
            if (orders >= limit) {
                return limit;
            }
        }
        return (int) orders;
    }

    private static List<String> reordered(List<String> sentences, SplittableRandom random, Set<List<String>> used) {
        while (true) {
            List<String> order = new ArrayList<>();
            for (int sentence : SeededRandom.permutation(sentences.size(), random)) {
                order.add(sentences.get(sentence));
            }
            if (used.add(order)) {
                return order;
            }
        }
    }
}
