package dev.retort.filter;

import dev.retort.data.Question;
import java.util.List;

/** What a {@link Perturbation} made of one question. */
public sealed interface Perturbed {

    /**
     * Questions with the same answer, once it is mapped back.
     *
     * @param questions at least one, with ids ID~KIND-1, ID~KIND-2, ...; fewer than asked for where there are no more
     */
    record Variants(List<Question> questions) implements Perturbed {
        public Variants {
            questions = List.copyOf(questions);
        }
    }

    /**
     * A teacher has to be asked first; {@link Perturbation#rephrased} makes variants of its replies.
     *
     * @param request what to ask, once for each variant wanted
     */
    record Asks(Question request) implements Perturbed {}

    /**
     * The kind does not apply, or would change the answer.
     *
     * @param reason in kebab-case, the same for all questions that it holds for
     */
    record NotApplied(String reason) implements Perturbed {}
}
