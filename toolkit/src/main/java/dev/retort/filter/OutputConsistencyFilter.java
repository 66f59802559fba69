package dev.retort.filter;

import dev.retort.answer.MajorityVote;
import dev.retort.answer.Vote;
import dev.retort.data.Question;
import dev.retort.data.TeacherSample;
import java.util.ArrayList;
import java.util.List;

/**
 * Keeps the samples that give the answer most samples of the question give (output self-consistency, arXiv 2407.06023). All
 * samples are rejected as {@code no-majority} where the vote names no winner, ties included, else those with another answer
 * as {@code minority}, and those without one as {@code no-answer}. Truncated samples vote for nothing but count in the total.
 *
 * <p>All samples with the winning answer are kept; a recipe that wants one row a question takes the first.
 */
public final class OutputConsistencyFilter implements SampleFilter {

    /** The reason where no answer wins. */
    public static final String NO_MAJORITY = "no-majority";

    /** The reason for an answer that lost. */
    public static final String MINORITY = "minority";

    private final MajorityVote vote;
    private final int samplesAsked;

    /** A filter that takes the samples there are for all that were asked for. */
    public OutputConsistencyFilter(MajorityVote vote) {
        this(vote, 0);
    }

    /**
     * A filter that counts samples that never came, for instance because requests failed, as samples without an answer.
     *
     * @param samplesAsked how many samples of each question were asked for (N of the paper)
     */
    public OutputConsistencyFilter(MajorityVote vote, int samplesAsked) {
        this.vote = vote;
        this.samplesAsked = samplesAsked;
    }

    @Override
    public List<Verdict> judge(Question question, List<TeacherSample> samples) {
        List<String> answers = new ArrayList<>();
        for (TeacherSample sample : samples) {
            answers.add(votes(sample) ? sample.answer() : null);
        }
        while (answers.size() < samplesAsked) {
            answers.add(null);
        }
        Vote outcome = vote.of(answers);
        return samples.stream().map(sample -> verdict(sample, outcome)).toList();
    }

    /** Whether a sample's answer counts. */
    static boolean votes(TeacherSample sample) {
        return AnswerFormatFilter.hasAnswer(sample) && !TruncatedFilter.isTruncated(sample);
    }

    private Verdict verdict(TeacherSample sample, Vote outcome) {
        if (outcome.winner().isEmpty()) {
            return Verdict.rejected(NO_MAJORITY);
        }
        if (!votes(sample)) {
            return Verdict.rejected(AnswerFormatFilter.NO_ANSWER);
        }
        String winner = vote.normaliser().apply(outcome.winner().get());
        return Verdict.keptIf(vote.normaliser().apply(sample.answer()).equals(winner), MINORITY);
    }
}
