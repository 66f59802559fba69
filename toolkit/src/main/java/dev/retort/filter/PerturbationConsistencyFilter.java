package dev.retort.filter;

import dev.retort.answer.ChoiceAnswer;
import dev.retort.answer.MajorityVote;
import dev.retort.data.Question;
import dev.retort.data.TeacherSample;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Keeps a question's samples where the teacher gives the same answer to every variant of it (consistency under input
 * perturbation, arXiv 2407.06023): the vote over the question's own samples and the vote over each variant's, mapped back to
 * the question's terms, must have one winner.
 *
 * <p>All samples are rejected as {@code no-majority} where the question's own vote names no winner, else as
 * {@code perturbation-disagrees} where a variant's winner is another answer, else as {@code perturbation-unanswered} where a
 * variant has none: no sample came, all were truncated, or the vote was split. Where all agree, samples with another answer
 * are rejected as {@code minority} and those without one as {@code no-answer}, as by {@link OutputConsistencyFilter}. It reads
 * no reference. It is no {@link SampleFilter}, since it needs the samples of several questions: see {@link PerturbationGroups}.
 */
public final class PerturbationConsistencyFilter {

    /** The reason where a variant is answered differently. */
    public static final String DISAGREES = "perturbation-disagrees";

    /** The reason where a variant has no answer. */
    public static final String UNANSWERED = "perturbation-unanswered";

    /** The reason for a question without variants. */
    public static final String NOT_PERTURBED = "not-perturbed";

    private final MajorityVote vote;
    private final int variantSamplesAsked;
    private final boolean keepNotPerturbed;
    private final OutputConsistencyFilter ownVote;

    /** A filter that takes the samples there are for all that were asked for, and rejects questions without variants. */
    public PerturbationConsistencyFilter(MajorityVote vote) {
        this(vote, 0, 0, false);
    }

    /**
     * A filter that counts samples that never came as samples without an answer.
     *
     * @param vote over own samples and over those of each variant
     * @param samplesAsked how many samples of each question were asked for; 0 where that is not known
     * @param variantSamplesAsked how many samples of each variant were asked for; 0 where that is not known
     * @param keepNotPerturbed whether all samples of a question without variants are kept, or rejected
     */
    public PerturbationConsistencyFilter(
            MajorityVote vote, int samplesAsked, int variantSamplesAsked, boolean keepNotPerturbed) {
        this.vote = vote;
        this.variantSamplesAsked = variantSamplesAsked;
        this.keepNotPerturbed = keepNotPerturbed;
        this.ownVote = new OutputConsistencyFilter(vote, samplesAsked);
    }

    /**
     * One verdict for each of the question's own samples, in their order.
     *
     * @param original the question
     * @param own all its samples, in the order of their index
     * @param variants all variants of the question that were asked, those without samples included
     * @throws IllegalArgumentException where a variant is none of this question
     */
    public List<Verdict> judge(Question original, List<TeacherSample> own, List<VariantSamples> variants) {
        for (VariantSamples variant : variants) {
            String of = Perturbation.originalId(variant.variant());
            if (!of.equals(original.id())) {
                throw new IllegalArgumentException("question "
                        + variant.variant().id() + " is a variant of question " + of + ", not of " + original.id());
            }
        }
        if (variants.isEmpty()) {
            return Collections.nCopies(own.size(), Verdict.keptIf(keepNotPerturbed, NOT_PERTURBED));
        }
        List<TeacherSample> inTerms = own.stream()
                .map(sample -> sample.withAnswer(sample.rationale(), inTerms(original, sample.answer())))
                .toList();
        List<Verdict> verdicts = ownVote.judge(original, inTerms);
        int first = verdicts.indexOf(Verdict.kept());
        if (first < 0) {
            return verdicts;
        }
        String agreed = vote.normaliser().apply(inTerms.get(first).answer());
        boolean unanswered = false;
        for (VariantSamples variant : variants) {
            Optional<String> winner = winner(original, variant);
            if (winner.isPresent() && !vote.normaliser().apply(winner.get()).equals(agreed)) {
                return Collections.nCopies(own.size(), Verdict.rejected(DISAGREES));
            }
            unanswered |= winner.isEmpty();
        }
        return unanswered ? Collections.nCopies(own.size(), Verdict.rejected(UNANSWERED)) : verdicts;
    }

    private Optional<String> winner(Question original, VariantSamples variant) {
        List<String> answers = new ArrayList<>();
        for (TeacherSample sample : variant.samples()) {
            String answer = OutputConsistencyFilter.votes(sample) ? sample.answer() : null;
            answers.add(inTerms(original, Perturbation.originalAnswer(variant.variant(), answer)));
        }
        while (answers.size() < variantSamplesAsked) {
            answers.add(null);
        }
        return vote.of(answers).winner();
    }

    /** One form for the ways to say an answer: the text of the option it picks, the bare verdict, else as it is. */
    private static String inTerms(Question original, String answer) {
        if (answer == null) {
            return null;
        }
        List<String> choices = Fields.texts(original, Fields.CHOICES);
        if (!choices.isEmpty()) {
            OptionalInt option = ChoiceAnswer.index(answer, choices);
            return option.isPresent() ? choices.get(option.getAsInt()) : answer;
        }
        return Fields.texts(original, Fields.RESPONSES).isEmpty() ? answer : OptionReorder.bare(answer);
    }
}
