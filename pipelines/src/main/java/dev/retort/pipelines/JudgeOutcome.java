package dev.retort.pipelines;

import java.util.Locale;
import org.apache.beam.sdk.PipelineResult;

/**
 * What a {@link JudgeJob} did, as the runner counted it: work that a runner had to repeat is counted again.
 *
 * @param asking what became of the questions that the judge was asked, two an item
 * @param items pairs of responses
 * @param forA items with the same verdict in both orders, for response A
 * @param forB likewise for response B
 * @param ties likewise for neither
 * @param inconsistent items whose two verdicts mean different things
 * @param unparsed items without a verdict in one order at least
 * @param decided verdicts for one of the responses, two an item at most
 * @param firstShown of these, those for the response that was shown first
 * @param twins items left out because another holds their responses in the other order
 * @param unpaired samples that only one of two files has
 */
public record JudgeOutcome(
        SampleOutcome asking,
        long items,
        long forA,
        long forB,
        long ties,
        long inconsistent,
        long unparsed,
        long decided,
        long firstShown,
        long twins,
        long unpaired) {

    static JudgeOutcome of(PipelineResult result) {
        return new JudgeOutcome(
                SampleJob.outcome(result),
                count(result, JudgeSamples.ITEMS),
                count(result, JudgeSamples.FOR_A),
                count(result, JudgeSamples.FOR_B),
                count(result, JudgeSamples.TIES),
                count(result, JudgeSamples.INCONSISTENT),
                count(result, JudgeSamples.UNPARSED),
                count(result, JudgeSamples.DECIDED),
                count(result, JudgeSamples.FIRST_SHOWN),
                SampleJob.count(result, DropTwins.class, DropTwins.TWINS),
                SampleJob.count(result, PairSamples.class, PairSamples.UNPAIRED));
    }

    private static long count(PipelineResult result, String name) {
        return SampleJob.count(result, JudgeSamples.class, name);
    }

    /** Items with the same verdict in both orders. */
    public long consistent() {
        return forA + forB + ties;
    }

    /** Rows of judgements.jsonl. */
    public long judged() {
        return consistent() + inconsistent + unparsed;
    }

    /** Of the verdicts for one of the responses, those for the one shown first; 0.5 is no bias, NaN where there are none. */
    public double firstShare() {
        return decided == 0 ? Double.NaN : firstShown / (double) decided;
    }

    /** Lines for a log. */
    public String summary() {
        StringBuilder text = new StringBuilder("judged " + judged() + " of " + items + " pairs: A " + forA + ", B "
                + forB + ", tie " + ties + ", inconsistent " + inconsistent + ", unparsed " + unparsed);
        if (unpaired > 0) {
            text.append("; samples without a counterpart ").append(unpaired);
        }
        if (twins > 0) {
            text.append("; left out as the other order of a pair ").append(twins);
        }
        if (decided > 0) {
            text.append(String.format(
                    Locale.ROOT,
                    "\nposition bias: %d of %d verdicts (%.1f %%) are for the response shown first",
                    firstShown,
                    decided,
                    100 * firstShare()));
        }
        return text.append('\n').append(asking.summary()).toString();
    }
}
