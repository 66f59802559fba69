package dev.retort.teacher;

import dev.retort.answer.AnswerCut;
import dev.retort.data.Question;
import dev.retort.data.TeacherSample;
import dev.retort.prompt.PromptTemplate;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Rephrase and Respond (Deng et al. 2023, arXiv 2311.04205) with its authors' prompts in place of the last user turn. One step:
 * one call rephrases and answers. Two steps: the call "rephrase", whose reply loses the quotes around it, then the call
 * "respond", which is shown both questions.
 */
public final class RephraseAndRespond extends System2Teacher {

    private static final PromptTemplate ONE_STEP = PromptTemplate.named("rar-one-step");
    private static final PromptTemplate REPHRASE = PromptTemplate.named("rar-rephrase");
    private static final PromptTemplate RESPOND = PromptTemplate.named("rar-respond");

    private final boolean isOneStep;
    private final String specification;

    private RephraseAndRespond(
            boolean isOneStep,
            Teacher base,
            AnswerCut cut,
            String specification,
            Integer intermediateTokens,
            List<PromptTemplate> prompts) {
        super(
                isOneStep ? "rar-1-step" : "rar-2-step",
                base,
                cut,
                intermediateTokens,
                List.of(Map.entry("specification", quoted(specification))),
                prompts);
        this.isOneStep = isOneStep;
        this.specification = specification;
    }

    /**
     * One call, whose text mixes rephrasing and answer: the answer is cut by {@link AnswerCut#cutRestated}, and the rationale
     * is what stands before its last occurrence, or the whole text where the answer stands there in other words.
     *
     * @param specification what the task asks for beyond the question, see {@link #specification}; may be empty
     * @throws IllegalArgumentException for {@link AnswerCut#WHOLE}, which would not part the two
     */
    public static RephraseAndRespond oneStep(Teacher base, AnswerCut cut, String specification) {
        if (cut == AnswerCut.WHOLE) {
            throw new IllegalArgumentException(
                    "rar-1-step rephrases and answers in one text: the cut whole would take the"
                            + " rephrased question for the answer; name another cut, or use rar-2-step");
        }
        return new RephraseAndRespond(true, base, cut, specification, null, List.of(ONE_STEP));
    }

    /**
     * Two calls; z is the rephrased question.
     *
     * @param specification what the task asks for beyond the question, see {@link #specification}; may be empty
     */
    public static RephraseAndRespond twoStep(Teacher base, AnswerCut cut, String specification) {
        return new RephraseAndRespond(false, base, cut, specification, null, List.of(REPHRASE, RESPOND));
    }

    /** What the authors' config.json has for the task of a cut: a sentence for yes and no, else nothing. */
    public static String specification(AnswerCut cut) {
        return cut == AnswerCut.YES_NO ? "Answer the Yes or No question." : "";
    }

    @Override
    public RephraseAndRespond withIntermediateTokens(int tokens) {
        return new RephraseAndRespond(isOneStep, base(), cut(), specification, tokens, prompts());
    }

    @Override
    RephraseAndRespond withWordings(List<PromptTemplate> wordings) {
        return new RephraseAndRespond(isOneStep, base(), cut(), specification, intermediateTokens(), wordings);
    }

    @Override
    int calls() {
        return isOneStep ? 1 : 2;
    }

    @Override
    TeacherSample answer(System2Calls calls) throws TeacherException, InterruptedException {
        return isOneStep ? oneStep(calls) : twoSteps(calls);
    }

    private TeacherSample oneStep(System2Calls calls) throws TeacherException, InterruptedException {
        Question question = calls.question();
        String prompt = prompts().get(0).fill(Map.of("question", question.text(), "specification", specification));
        String text = calls.last("respond", prompt);
        Optional<String> answer = calls.isCutOff() ? Optional.empty() : cut().cutRestated(text, calls.choices());
        return calls.sample(text, answer, answer.map(cut -> before(text, cut)).orElse(null));
    }

    /** The text before the last occurrence of the answer; null where nothing stands there. */
    private static String before(String text, String answer) {
        int at = text.length() - answer.length();
        while (at >= 0 && !text.regionMatches(true, at, answer, 0, answer.length())) {
            at--;
        }
        String before = (at < 0 ? text : text.substring(0, at)).strip();
        return before.isEmpty() ? null : before;
    }

    private TeacherSample twoSteps(System2Calls calls) throws TeacherException, InterruptedException {
        Question question = calls.question();
        Optional<String> rephrased =
                calls.think("rephrase", prompts().get(0).fill(Map.of("question", question.text())));
        if (rephrased.isEmpty()) {
            return calls.unanswered();
        }
        String prompt = prompts()
                .get(1)
                .fill(Map.of(
                        "question",
                        question.text(),
                        "rephrased",
                        withoutQuotes(rephrased.get()),
                        "specification",
                        specification));
        return calls.sample(calls.last("respond", prompt));
    }

    private static String withoutQuotes(String reply) {
        String text = reply.strip();
        int start = 0;
        int end = text.length();
        while (start < end && text.charAt(start) == '"') {
            start++;
        }
        while (end > start && text.charAt(end - 1) == '"') {
            end--;
        }
        return text.substring(start, end);
    }
}
