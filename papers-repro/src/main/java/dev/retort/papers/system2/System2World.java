package dev.retort.papers.system2;

import dev.retort.answer.AnswerCut;
import dev.retort.answer.AnswerText;
import dev.retort.data.Question;
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

    /** Whether an answer is the reference; case, quotes around it and marks at its end do not count. */
    static boolean same(String answer, String reference) {
        return answer != null && AnswerText.relaxed(answer).equals(AnswerText.relaxed(reference));
    }
}
