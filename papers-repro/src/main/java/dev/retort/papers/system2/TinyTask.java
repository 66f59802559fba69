package dev.retort.papers.system2;

import dev.retort.answer.AnswerCut;
import dev.retort.data.Question;
import dev.retort.pipelines.TeacherWrapper;
import dev.retort.prompt.PromptTemplate;
import dev.retort.teacher.System2Method;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * A task of the tiny recipe: a made-up language in which one System 2 method has an exact use. A model made from its lessons
 * knows the method's every call, slips included, and the direct answer badly; from there on nobody tells it an answer.
 */
abstract sealed class TinyTask permits TinyLetters, TinyOpinion, TinyJudge, TinyChain {

    private final String name;
    private final System2Method method;
    private final AnswerCut cut;
    private final List<PromptTemplate> prompts;
    private final double slips;

    /**
     * A task.
     *
     * @param name in kebab-case
     * @param method whose answers are distilled
     * @param prompts the method's in the tiny language, in the order of its calls
     * @param slips the part of the steps of lessons in System 2 that go wrong
     */
    TinyTask(String name, System2Method method, AnswerCut cut, List<PromptTemplate> prompts, double slips) {
        this.name = name;
        this.method = method;
        this.cut = cut;
        this.prompts = prompts;
        this.slips = slips;
    }

    final String name() {
        return name;
    }

    final System2Method method() {
        return method;
    }

    final AnswerCut cut() {
        return cut;
    }

    final List<PromptTemplate> prompts() {
        return prompts;
    }

    /** Whether a step of a lesson in System 2 goes wrong. */
    final boolean slips(SplittableRandom random) {
        return random.nextDouble() < slips;
    }

    /**
     * One lesson, of a call of the method or of a direct answer, as the model is to know them. None is about what
     * {@link #tests} may ask: neither the question nor any call of the method about it.
     */
    abstract Lesson lesson(SplittableRandom random);

    /** Questions without a label; the reference is for the precision of filters and for the row with gold labels. */
    final List<Question> unlabelled(int count) {
        return draw(count, false);
    }

    /** Questions of what {@link #unlabelled} has none of: other names, or other tuples. */
    final List<Question> tests(int count) {
        return draw(count, true);
    }

    /** The first so many questions, with ids by {@link #id}. */
    abstract List<Question> draw(int count, boolean isTest);

    final String id(boolean isTest, int number) {
        return String.format(Locale.ROOT, "%s-%s-%04d", name, isTest ? "test" : "free", number);
    }

    /**
     * The task as its road takes it.
     *
     * @param unlabelled how many questions to learn from
     * @param tests how many to test on
     * @param tokens most of any call
     */
    final System2World world(int unlabelled, int tests, int tokens) {
        return new System2World(
                name,
                method,
                calls(),
                cut,
                this::target,
                System2World::same,
                unlabelled(unlabelled),
                tests(tests),
                List.of(),
                tokens,
                tokens);
    }

    /** The method in the tiny language's words; what it holds can travel. */
    private TeacherWrapper calls() {
        System2Method calls = method;
        AnswerCut answer = cut;
        List<String> names =
                new ArrayList<>(prompts.stream().map(PromptTemplate::name).toList());
        List<String> texts =
                new ArrayList<>(prompts.stream().map(PromptTemplate::text).toList());
        return teacher -> calls.around(teacher, answer)
                .withPrompts(IntStream.range(0, names.size())
                        .mapToObj(i -> PromptTemplate.of(names.get(i), texts.get(i)))
                        .toArray(PromptTemplate[]::new));
    }

    /** Which tests count as one observation: numbers, one for each test in their order. Questions that ask the same do. */
    int[] clusters(List<Question> tests) {
        Map<String, Integer> numbers = new HashMap<>();
        return tests.stream()
                .mapToInt(test -> numbers.computeIfAbsent(test.text(), key -> numbers.size()))
                .toArray();
    }

    /** Parts of the tests that the table shows beside all of them. */
    Map<String, int[]> parts(List<Question> tests) {
        return Map.of();
    }

    /** An answer as the model writes it. */
    String target(String answer) {
        return answer;
    }
}
