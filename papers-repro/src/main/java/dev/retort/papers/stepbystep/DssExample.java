package dev.retort.papers.stepbystep;

/**
 * One row of a data set of Distilling step-by-step, with what PaLM 540B wrote for it.
 *
 * @param id data set, split and position, for example svamp-train-0
 * @param input what the authors' code gives the student, without a prefix; premise and hypothesis are joined by T5's
 *     end-of-sequence text
 * @param label the gold label as text
 * @param premise of a natural-language-inference row, else null
 * @param hypothesis of a natural-language-inference row, else null
 * @param teacherText the teacher's output as it came, or null where there is none
 * @param rationale cut from the teacher's output, blank where the cut failed, or null where there is no output
 * @param teacherLabel cut from the teacher's output, blank where the cut failed, or null where there is no output
 */
public record DssExample(
        String id,
        String input,
        String label,
        String premise,
        String hypothesis,
        String teacherText,
        String rationale,
        String teacherLabel) {

    /** The text of T5's end-of-sequence token. */
    public static final String T5_END = "</s>";

    /** The input with this text between premise and hypothesis; the input as it is where there are none. */
    public String inputJoinedBy(String separator) {
        return premise == null ? input : premise + separator + hypothesis;
    }

    /** What several questions are asked about: the premise, else the first line of the input (SVAMP's body). */
    public String story() {
        if (premise != null) {
            return premise;
        }
        return SplitOverlapItem.firstLine(input);
    }
}
