package dev.retort.filter;

import dev.retort.data.Question;
import dev.retort.data.TeacherSample;
import java.util.ArrayList;
import java.util.List;

/**
 * Judges the samples of one question. A filter does not read the question's reference answer unless its name says so, and
 * judges equal samples equally, whatever was asked before.
 */
@FunctionalInterface
public interface SampleFilter {

    /**
     * One verdict for each sample, in their order.
     *
     * @param question whose samples they are
     * @param samples all samples of that question, in the order of their index
     */
    List<Verdict> judge(Question question, List<TeacherSample> samples);

    /**
     * Filters one after the other. Each judges all samples, those that an earlier one rejected included; the first rejection
     * of a sample in this order gives its reason. So the order decides which reason is counted, never what is kept.
     */
    static SampleFilter all(List<SampleFilter> filters) {
        List<SampleFilter> inOrder = List.copyOf(filters);
        return (question, samples) -> {
            List<Verdict> verdicts = new ArrayList<>();
            samples.forEach(sample -> verdicts.add(Verdict.kept()));
            for (SampleFilter filter : inOrder) {
                List<Verdict> judged = filter.judge(question, samples);
                if (judged.size() != samples.size()) {
                    throw new IllegalStateException(filter.getClass().getSimpleName() + " gave " + judged.size()
                            + " verdicts for the " + samples.size() + " samples of question " + question.id());
                }
                for (int i = 0; i < verdicts.size(); i++) {
                    if (verdicts.get(i).isKept()) {
                        verdicts.set(i, judged.get(i));
                    }
                }
            }
            return List.copyOf(verdicts);
        };
    }
}
