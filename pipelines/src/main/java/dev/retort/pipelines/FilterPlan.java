package dev.retort.pipelines;

import dev.retort.filter.AnswerForm;
import dev.retort.filter.FilterSpec;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.List;

/**
 * Which filters judge samples, in what order, and what they compare with.
 *
 * @param specs in the order that decides a rejected sample's reason
 * @param evaluation files of questions that decontamination and near-duplicate filters compare with, JSON Lines that the
 *     workers can see
 */
public record FilterPlan(List<FilterSpec> specs, List<String> evaluation) implements Serializable {

    /**
     * A plan whose filters all have what they compare with.
     *
     * @throws IllegalArgumentException where a filter lacks the evaluation's questions, or none reads them
     */
    public FilterPlan {
        specs = List.copyOf(specs);
        evaluation = List.copyOf(evaluation);
        boolean isRead = false;
        for (FilterSpec spec : specs) {
            boolean reads = spec instanceof FilterSpec.AgainstQuestions;
            if (reads && evaluation.isEmpty()) {
                throw new IllegalArgumentException(spec + " needs " + spec.needs());
            }
            isRead |= reads;
        }
        if (!isRead && !evaluation.isEmpty()) {
            throw new IllegalArgumentException("no filter reads the evaluation's questions " + evaluation.get(0)
                    + "; decontamination and near-duplicate do");
        }
    }

    /** Filters, and the files of the questions they compare with. */
    public static FilterPlan of(List<FilterSpec> specs, List<Path> evaluation) {
        return new FilterPlan(
                specs,
                evaluation.stream()
                        .map(file -> file.toAbsolutePath().toString())
                        .toList());
    }

    /** Whether a filter reads the questions' references. */
    public boolean readsReferences() {
        return specs.stream().anyMatch(FilterSpec.Reference.class::isInstance);
    }

    /** Whether a filter needs the variants of a question. */
    public boolean readsVariants() {
        return specs.stream().anyMatch(FilterSpec.PerturbationConsistency.class::isInstance);
    }

    /** Which answers are one: what the first filter says that votes, else texts. */
    public AnswerForm answerForm() {
        for (FilterSpec spec : specs) {
            if (spec instanceof FilterSpec.OutputConsistency vote) {
                return vote.answer();
            }
            if (spec instanceof FilterSpec.PerturbationConsistency vote) {
                return vote.answer();
            }
        }
        return AnswerForm.TEXT;
    }
}
