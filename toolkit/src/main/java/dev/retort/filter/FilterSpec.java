package dev.retort.filter;

import dev.retort.answer.MajorityVote;
import dev.retort.answer.VoteRule;
import dev.retort.data.Question;
import java.io.Serializable;
import java.util.Collection;
import java.util.List;

/**
 * Which filter a command or recipe names, with its parameters: plain values that travel to the workers of a cluster.
 * {@code toString} writes it back, without parameters that have their default.
 */
public sealed interface FilterSpec extends Serializable {

    /** A filter that needs nothing but the questions and samples it judges. */
    sealed interface Alone extends FilterSpec {

        /** A new filter with these parameters. */
        SampleFilter create();

        @Override
        default String needs() {
            return "";
        }
    }

    /** A filter that compares questions with others. */
    sealed interface AgainstQuestions extends FilterSpec {

        /** The filter against these, for instance the prompts of an evaluation. */
        SampleFilter create(Collection<Question> against);

        @Override
        default String needs() {
            return "a file of the questions to compare with, such as the evaluation's prompts";
        }
    }

    /**
     * {@link OutputConsistencyFilter}.
     *
     * @param rule strict, plurality, or a fraction in (0, 1], see {@link VoteRule}
     * @param answer which answers are one
     * @param samples how many of each question were asked for; 0 takes those there are
     */
    record OutputConsistency(String rule, AnswerForm answer, int samples) implements Alone {

        public OutputConsistency {
            rule = FilterSpecText.rule(rule).title();
            FilterSpecText.notNegative("samples", samples);
        }

        @Override
        public SampleFilter create() {
            return new OutputConsistencyFilter(vote(rule, answer), samples);
        }

        @Override
        public String toString() {
            return FilterSpecText.write(this);
        }
    }

    /**
     * {@link PerturbationConsistencyFilter}.
     *
     * @param rule strict, plurality, or a fraction in (0, 1], see {@link VoteRule}
     * @param answer which answers are one
     * @param samples how many of each question were asked for; 0 takes those there are
     * @param variantSamples how many of each variant were asked for; 0 takes those there are
     * @param keepNotPerturbed whether a question without variants is kept
     */
    record PerturbationConsistency(
            String rule, AnswerForm answer, int samples, int variantSamples, boolean keepNotPerturbed)
            implements FilterSpec {

        public PerturbationConsistency {
            rule = FilterSpecText.rule(rule).title();
            FilterSpecText.notNegative("samples", samples);
            FilterSpecText.notNegative("variant-samples", variantSamples);
        }

        /** The filter; {@link PerturbationGroups#filter} binds it to variants and their samples. */
        public PerturbationConsistencyFilter create() {
            return new PerturbationConsistencyFilter(vote(rule, answer), samples, variantSamples, keepNotPerturbed);
        }

        @Override
        public String needs() {
            return "the variants of the questions, and the samples of the variants";
        }

        @Override
        public String toString() {
            return FilterSpecText.write(this);
        }
    }

    /**
     * {@link ReferenceMatchFilter}.
     *
     * @param answer which answers are one
     */
    record Reference(AnswerForm answer) implements Alone {
        @Override
        public SampleFilter create() {
            return new ReferenceMatchFilter(answer.equality());
        }

        @Override
        public String toString() {
            return FilterSpecText.write(this);
        }
    }

    /**
     * {@link LengthFilter}.
     *
     * @param least words
     * @param most words
     */
    record Length(int least, int most) implements Alone {

        public Length {
            LengthFilter.check(least, most);
        }

        @Override
        public SampleFilter create() {
            return new LengthFilter(least, most);
        }

        @Override
        public String toString() {
            return FilterSpecText.write(this);
        }
    }

    /** {@link AnswerFormatFilter}. */
    record Format() implements Alone {
        @Override
        public SampleFilter create() {
            return new AnswerFormatFilter();
        }

        @Override
        public String toString() {
            return "format";
        }
    }

    /** {@link TruncatedFilter}. */
    record Truncated() implements Alone {
        @Override
        public SampleFilter create() {
            return new TruncatedFilter();
        }

        @Override
        public String toString() {
            return "truncated";
        }
    }

    /**
     * {@link NearDuplicateFilter}.
     *
     * @param n words of a gram
     * @param threshold of the Jaccard index
     */
    record NearDuplicate(int n, double threshold) implements AgainstQuestions {

        public NearDuplicate {
            NearDuplicateFilter.check(n, threshold);
        }

        @Override
        public SampleFilter create(Collection<Question> against) {
            return new NearDuplicateFilter(against, n, threshold);
        }

        @Override
        public String toString() {
            return FilterSpecText.write(this);
        }
    }

    /**
     * {@link Decontamination}.
     *
     * @param masked whether texts that differ in numbers only are rejected
     * @param n words of a gram; 0 looks for no near duplicates
     * @param threshold of the containment
     */
    record Decontaminated(boolean masked, int n, double threshold) implements AgainstQuestions {

        public Decontaminated {
            NearDuplicateFilter.check(n == 0 ? 1 : n, threshold);
        }

        @Override
        public SampleFilter create(Collection<Question> against) {
            return new Decontamination(against, masked, n, threshold);
        }

        @Override
        public String toString() {
            return FilterSpecText.write(this);
        }
    }

    /** What it needs besides the questions and samples that it judges, in words; empty for {@link Alone}. */
    String needs();

    /**
     * Reads a list such as {@code truncated,output-consistency:rule=0.6,near-duplicate(n=8,threshold=0.8),length:1-200}: names
     * between commas, each with its parameters in parentheses or behind colons. The names, with their parameters' defaults:
     * output-consistency (rule=strict, answer=text, samples=0), perturbation (rule=strict, answer=text, samples=0,
     * variant-samples=0, not-perturbed=reject), reference (answer=text), length (1-1000), format, truncated, near-duplicate
     * (n=8, threshold=0.8), decontamination (masked=yes, n=8, threshold=0.8).
     *
     * @return in the order given, which decides what reason a rejected sample gets
     * @throws IllegalArgumentException with one line that says what is wrong and what there is
     */
    static List<FilterSpec> parse(String text) {
        return FilterSpecText.parse(text);
    }

    private static MajorityVote vote(String rule, AnswerForm answer) {
        return new MajorityVote(FilterSpecText.rule(rule), answer.normaliser());
    }
}
