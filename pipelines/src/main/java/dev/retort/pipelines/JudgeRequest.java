package dev.retort.pipelines;

import dev.retort.data.SamplingParams;
import java.nio.file.Path;

/**
 * What a {@link JudgeJob} does.
 *
 * @param pairs what is judged
 * @param out the folder of the output files
 * @param judge who judges
 * @param params how to draw
 * @param settings limits and attempts; the cache is {@code OUT/cache} where they name none
 * @param method the judge that is asked, around the given one; null to ask once with the prompt judge-pair-v2
 * @param listener sees how far it has come, or null
 */
public record JudgeRequest(
        Pairs pairs,
        Path out,
        TeacherFactory judge,
        SamplingParams params,
        AskSettings settings,
        TeacherWrapper method,
        ProgressBoard.Listener listener) {

    /** Where the pairs of responses are, JSON Lines files that the workers can see. */
    public sealed interface Pairs {

        /** Questions with the fields prompt and responses. */
        record InFile(Path file) implements Pairs {}

        /**
         * Samples with the same id and sample index in two files.
         *
         * @param samples with responses A
         * @param against with responses B
         */
        record OfSamples(Path samples, Path against) implements Pairs {}
    }

    /** One call an order, with nothing said about how to draw it. */
    public static JudgeRequest of(Pairs pairs, Path out, TeacherFactory judge) {
        return new JudgeRequest(pairs, out, judge, SamplingParams.none(), AskSettings.usual(), null, null);
    }

    public JudgeRequest withParams(SamplingParams newParams) {
        return new JudgeRequest(pairs, out, judge, newParams, settings, method, listener);
    }

    public JudgeRequest withSettings(AskSettings newSettings) {
        return new JudgeRequest(pairs, out, judge, params, newSettings, method, listener);
    }

    /** Several calls an order, see {@link JudgeSamples#branchSolveMerge}. */
    public JudgeRequest withMethod(TeacherWrapper newMethod) {
        return new JudgeRequest(pairs, out, judge, params, settings, newMethod, listener);
    }

    public JudgeRequest withProgress(ProgressBoard.Listener newListener) {
        return new JudgeRequest(pairs, out, judge, params, settings, method, newListener);
    }
}
