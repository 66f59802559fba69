package dev.retort.papers.system2;

import dev.retort.answer.AnswerCut;
import dev.retort.data.Question;
import dev.retort.prompt.PromptTemplate;
import dev.retort.teacher.System2Method;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A task of the tiny recipe: a made-up language in which one System 2 method has an exact use. A model made from its lessons
 * knows the method's every call well and the direct answer badly; from there on nobody tells it an answer.
 */
sealed interface TinyTask permits TinyLetters, TinyOpinion, TinyJudge, TinyChain {

    /**
     * What the model is made from.
     *
     * @param prompt as it is sent
     * @param completion the right reply, or in the task of opinions a yielding one
     */
    record Lesson(String prompt, String completion) {}

    /** In kebab-case. */
    String name();

    /** The method whose answers are distilled. */
    System2Method method();

    AnswerCut cut();

    /** The method's prompts in the tiny language, in the order of its calls. */
    List<PromptTemplate> prompts();

    /** One lesson, of a call of the method or of a direct answer, as the model is to know them. */
    Lesson lesson(SplittableRandom random);

    /** Questions without a label; the reference is for the precision of filters and for the row with gold labels. */
    List<Question> unlabelled(int count);

    /** Questions of what {@link #unlabelled} has none of: other names, or other tuples. */
    List<Question> tests(int count);

    /** An answer as the model writes it. */
    default String target(String answer) {
        return answer;
    }
}
