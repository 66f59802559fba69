package dev.retort.papers.system2;

import dev.retort.answer.AnswerCut;
import dev.retort.answer.AnswerText;
import dev.retort.data.Question;
import dev.retort.eval.EvalTask;
import dev.retort.pipelines.PerturbSpec;
import dev.retort.pipelines.TeacherWrapper;
import dev.retort.teacher.System2Method;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * A task whose System 2 is distilled.
 *
 * @param name in kebab-case
 * @param method whose answers are learnt
 * @param calls the method with the task's prompts, as something that can travel
 * @param cut how an answer is cut
 * @param target an answer as the model is to write it
 * @param scorer compares a cut answer with the accepted ones: 1 where it is right
 * @param unlabelled questions to learn from; references are for the precision of filters and for the row with gold labels
 * @param tests questions of which {@code unlabelled} has none
 * @param perturbations under which answers must not change; empty where answers alone are compared
 * @param maxTokens of a call of System 2
 * @param answerTokens of an answer at once
 */
record System2World(
        String name,
        System2Method method,
        TeacherWrapper calls,
        AnswerCut cut,
        UnaryOperator<String> target,
        EvalTask.Scorer scorer,
        List<Question> unlabelled,
        List<Question> tests,
        List<PerturbSpec> perturbations,
        int maxTokens,
        int answerTokens) {

    System2World {
        unlabelled = List.copyOf(unlabelled);
        tests = List.copyOf(tests);
        perturbations = List.copyOf(perturbations);
    }

    /** The answer of a completion that answers at once, or null. */
    String answer(String completion, Question question) {
        return answer(completion, question.choices());
    }

    String answer(String completion, List<String> choices) {
        return cut.cut(completion, choices).orElse(null);
    }

    /** Whether an answer is one of those accepted. */
    boolean isRight(String answer, List<String> accepted) {
        return answer != null && scorer.score(answer, accepted) > 0;
    }

    /** Whether an answer is right for a question. */
    boolean isRight(String answer, Question question) {
        return isRight(answer, System2Task.references(question));
    }

    /** 1 for the reference; case, quotes around it and marks at its end do not count. */
    static double same(String answer, List<String> references) {
        return AnswerText.relaxed(answer).equals(AnswerText.relaxed(references.get(0))) ? 1 : 0;
    }
}
