package dev.retort.teacher;

import dev.retort.answer.AnswerCut;
import dev.retort.data.Question;
import dev.retort.data.Rows;
import dev.retort.data.SamplingParams;
import dev.retort.data.SeededRandom;
import dev.retort.data.TeacherSample;
import dev.retort.prompt.PromptTemplate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A System 2 method around a base teacher f, S_II(x; f) of Distilling System 2 into System 1 (arXiv 2407.06023, section 2): it
 * asks the base teacher several times and answers as one teacher.
 *
 * <p>Every sample is made by itself. Each call asks for the question ID/STAGE, for the sample index asked for and with the
 * parameters asked for. The sample has the question's own id, task and messages; as text the last call's, as rationale the
 * intermediate texts z joined by blank lines, as answer what {@link AnswerCut} cuts from the text, as usage the sum over its
 * calls, and in the field "calls" the intermediate ones. Where a call was cut off, or an intermediate one said nothing that
 * the next could use, no further call is made and there is no answer; the text is empty where the last call was not made.
 */
public abstract sealed class System2Teacher implements Teacher
        permits BranchSolveMerge, ChainOfThought, RephraseAndRespond, System2Attention {

    /** Changes whenever replies are read in another way, the cutting of answers included. */
    private static final String READING = "1";

    private final Teacher base;
    private final AnswerCut cut;
    private final Integer intermediateTokens;
    private final List<PromptTemplate> prompts;
    private final String name;

    /**
     * A method around a teacher.
     *
     * @param intermediateTokens see {@link #withIntermediateTokens}, or null
     * @param settings what else changes the output, in the order of the name; values as they shall stand there
     * @param prompts all that the method sends
     */
    System2Teacher(
            String method,
            Teacher base,
            AnswerCut cut,
            Integer intermediateTokens,
            List<Map.Entry<String, String>> settings,
            List<PromptTemplate> prompts) {
        if (intermediateTokens != null && intermediateTokens < 1) {
            throw new IllegalArgumentException(
                    method + ": intermediate calls need at least 1 token, not " + intermediateTokens);
        }
        this.base = base;
        this.cut = cut;
        this.intermediateTokens = intermediateTokens;
        this.prompts = List.copyOf(prompts);
        StringBuilder built = new StringBuilder(method)
                .append('(')
                .append(base.name())
                .append("; cut=")
                .append(cut.title());
        settings.forEach(setting ->
                built.append("; ").append(setting.getKey()).append('=').append(setting.getValue()));
        if (intermediateTokens != null) {
            built.append("; intermediate-tokens=").append(intermediateTokens);
        }
        name = built.append("; revision=").append(revision(prompts)).append(')').toString();
    }

    /** The beginning of a SHA-256 of the prompts' texts and of how replies are read. */
    static String revision(List<PromptTemplate> prompts) {
        StringBuilder texts = new StringBuilder(READING);
        prompts.forEach(prompt -> texts.append('\u0000').append(prompt.text()));
        return SeededRandom.sha256Hex(texts.toString()).substring(0, 8);
    }

    /** A text as a JSON string: one line, whatever it holds. */
    static String quoted(String text) {
        return Rows.mapper().getNodeFactory().textNode(text).toString();
    }

    /** The method, the base teacher's name and all that changes the output: METHOD(BASE; cut=CUT; ...; revision=HASH). */
    @Override
    public final String name() {
        return name;
    }

    /**
     * The method with at least so many tokens for each intermediate call, where the parameters limit tokens at all; the last
     * call keeps its limit.
     */
    public abstract System2Teacher withIntermediateTokens(int tokens);

    @Override
    public final int callsPerSample() {
        return calls() * base.callsPerSample();
    }

    /**
     * The method with other wordings, for a model that was made for them; in the order of the calls, with the slots of the
     * prompts they stand for.
     *
     * @throws IllegalArgumentException where there are more or fewer than the method has, or one has other slots
     */
    public final System2Teacher withPrompts(PromptTemplate... wordings) {
        if (wordings.length != prompts.size()) {
            throw new IllegalArgumentException(name + " has " + prompts.size() + " prompts, not " + wordings.length);
        }
        for (int i = 0; i < wordings.length; i++) {
            if (!wordings[i].slots().equals(prompts.get(i).slots())) {
                throw new IllegalArgumentException("prompt " + wordings[i].name() + " must have the slots "
                        + String.join(", ", prompts.get(i).slots()));
            }
        }
        return withWordings(List.of(wordings));
    }

    abstract System2Teacher withWordings(List<PromptTemplate> wordings);

    final List<PromptTemplate> prompts() {
        return prompts;
    }

    /** Calls of the base teacher that a sample takes at most. */
    abstract int calls();

    /** The samples, up to the first that a call gave none for. */
    @Override
    public final List<TeacherSample> sample(Question question, SamplingParams params, List<Integer> sampleIndices)
            throws TeacherException, InterruptedException {
        List<String> choices = choices(question, cut);
        List<TeacherSample> samples = new ArrayList<>();
        for (int index : sampleIndices) {
            try {
                samples.add(answer(new System2Calls(this, question, choices, params, index)));
            } catch (TeacherException e) {
                if (samples.isEmpty()) {
                    throw e;
                }
                return samples;
            }
        }
        return samples;
    }

    /**
     * The options of a question that the cut can use.
     *
     * @throws TeacherException where it needs some and there are none, before anything is asked
     */
    static List<String> choices(Question question, AnswerCut cut) throws TeacherException {
        List<String> choices;
        try {
            choices = question.choices();
        } catch (IllegalArgumentException e) {
            throw new TeacherException(e.getMessage(), false, null, e);
        }
        if (choices.isEmpty() && cut == AnswerCut.CHOICE) {
            throw new TeacherException(
                    "question " + question.id() + " has no field choices, which the cut choice needs");
        }
        return choices;
    }

    /** Makes one sample by asking through these calls. */
    abstract TeacherSample answer(System2Calls calls) throws TeacherException, InterruptedException;

    final Teacher base() {
        return base;
    }

    final AnswerCut cut() {
        return cut;
    }

    /** Or null. */
    final Integer intermediateTokens() {
        return intermediateTokens;
    }

    /** Closes the base teacher. */
    @Override
    public final void close() {
        base.close();
    }
}
