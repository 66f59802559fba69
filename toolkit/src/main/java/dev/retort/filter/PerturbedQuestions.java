package dev.retort.filter;

import dev.retort.data.Question;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What perturbations made of a set of questions.
 *
 * @param variants by question in the order given, then by kind in the order of {@link Perturbation}, then by number
 * @param requests what a teacher is to be asked before there are further variants, in the same order
 * @param notApplied questions that a kind made nothing of, by "KIND: REASON", sorted
 * @param questions questions that were given
 * @param perturbed questions with at least one variant, requests not counted
 */
public record PerturbedQuestions(
        List<Question> variants,
        List<Question> requests,
        Map<String, Integer> notApplied,
        int questions,
        int perturbed) {

    public PerturbedQuestions {
        variants = List.copyOf(variants);
        requests = List.copyOf(requests);
        notApplied = Collections.unmodifiableMap(new TreeMap<>(notApplied));
    }

    /**
     * Perturbs every question in every kind that applies.
     *
     * @param count variants wanted of each kind, see {@link Perturbation#perturb}
     * @param seed the run's seed
     */
    public static PerturbedQuestions of(
            List<Question> questions, Collection<Perturbation> kinds, int count, long seed) {
        List<Question> variants = new ArrayList<>();
        List<Question> requests = new ArrayList<>();
        Map<String, Integer> notApplied = new TreeMap<>();
        int perturbed = 0;
        EnumSet<Perturbation> inOrder = EnumSet.noneOf(Perturbation.class);
        inOrder.addAll(kinds);
        for (Question question : questions) {
            int before = variants.size();
            for (Perturbation kind : inOrder) {
                Perturbed made = kind.perturb(question, count, seed);
                if (made instanceof Perturbed.Variants some) {
                    variants.addAll(some.questions());
                } else if (made instanceof Perturbed.Asks asks) {
                    requests.add(asks.request());
                } else if (made instanceof Perturbed.NotApplied none) {
                    notApplied.merge(kind.title() + ": " + none.reason(), 1, Integer::sum);
                }
            }
            perturbed += variants.size() > before ? 1 : 0;
        }
        return new PerturbedQuestions(variants, requests, notApplied, questions.size(), perturbed);
    }

    /** One line for a log: what was made, and what each kind left alone for which reason. */
    public String summary() {
        String why = notApplied.entrySet().stream()
                .map(entry -> entry.getKey() + " " + entry.getValue())
                .collect(Collectors.joining(", "));
        return variants.size() + " variants of " + perturbed + " of " + questions + " questions"
                + (requests.isEmpty() ? "" : ", " + requests.size() + " to be rephrased")
                + (why.isEmpty() ? "" : "; not applied: " + why);
    }
}
