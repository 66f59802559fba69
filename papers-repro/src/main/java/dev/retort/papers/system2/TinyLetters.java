package dev.retort.papers.system2;

import dev.retort.answer.AnswerCut;
import dev.retort.data.Question;
import dev.retort.data.SeededRandom;
import dev.retort.prompt.PromptTemplate;
import dev.retort.teacher.System2Method;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Last letters with Rephrase and Respond: every name has a letter; rephrasing names each letter, the answer joins them. The
 * direct answer is practised with one and two names, and now and then with more. Tests have names that no unlabelled
 * question has.
 */
final class TinyLetters extends TinyTask {

    private static final int MOST = 4;
    private static final List<PromptTemplate> PROMPTS = List.of(
            PromptTemplate.of("tiny-rar-rephrase", "rephrase : {question}"),
            PromptTemplate.of("tiny-rar-respond", "{question} | {rephrased} | {specification}letters :"));

    private final TinyNames names;
    private final String[] letterOf;
    private final long seed;
    private final double practice;

    /**
     * A world of letters.
     *
     * @param practice the part of direct lessons that have more than two names
     * @param slips the part of names whose letter a rephrasing has wrong
     */
    TinyLetters(int names, long seed, double practice, double slips) {
        super("letters", System2Method.RAR_2_STEP, AnswerCut.WHOLE, PROMPTS, slips);
        this.names = TinyNames.of(names, seed, "letters");
        this.seed = seed;
        this.practice = practice;
        SplittableRandom random = SeededRandom.of(seed, "tiny-letters");
        letterOf = IntStream.range(0, names).mapToObj(i -> letter(random)).toArray(String[]::new);
    }

    @Override
    Lesson lesson(SplittableRandom random) {
        double kind = random.nextDouble();
        boolean isDirect = kind >= 0.7;
        boolean isLong = random.nextDouble() < practice;
        int count = isDirect ? isLong ? 3 + random.nextInt(2) : 1 + random.nextInt(2) : 1 + random.nextInt(MOST);
        int[] chosen;
        do {
            chosen = IntStream.range(0, count).map(i -> names.drawAny(random)).toArray();
        } while (isForTests(chosen));
        if (isDirect) {
            return new Lesson(question(chosen), answer(chosen));
        }
        List<String> letters = IntStream.of(chosen)
                .mapToObj(name -> slips(random) ? letter(random) : letterOf[name])
                .toList();
        String rephrased = rephrased(chosen, letters);
        // The answer joins what the rephrasing says, slips included.
        return kind < 0.4
                ? new Lesson("rephrase : " + question(chosen), rephrased)
                : new Lesson(question(chosen) + " | " + rephrased + " | letters :", String.join(" ", letters));
    }

    private boolean isForTests(int[] chosen) {
        return chosen.length == MOST && IntStream.of(chosen).allMatch(names::isForTests);
    }

    private static String letter(SplittableRandom random) {
        return Character.toString("abcdefgh".charAt(random.nextInt(8)));
    }

    private String question(int[] chosen) {
        return "last letters of " + join(chosen, names.all()) + " ?";
    }

    private String rephrased(int[] chosen, List<String> letters) {
        List<String> parts = new ArrayList<>();
        for (int i = 0; i < chosen.length; i++) {
            parts.add(names.all().get(chosen[i]) + " ends in " + letters.get(i));
        }
        return String.join(" , ", parts);
    }

    private String answer(int[] chosen) {
        return join(chosen, List.of(letterOf));
    }

    private static String join(int[] chosen, List<String> words) {
        return String.join(" ", IntStream.of(chosen).mapToObj(words::get).toList());
    }

    /** None comes twice. */
    @Override
    List<Question> draw(int count, boolean isTest) {
        List<Question> questions = new ArrayList<>();
        Set<String> drawn = new HashSet<>();
        for (int i = 0; i < count; i++) {
            SplittableRandom random = SeededRandom.of(seed, "tiny-letters-questions", Boolean.toString(isTest), i);
            int[] chosen;
            do {
                chosen = IntStream.range(0, MOST)
                        .map(k -> names.draw(isTest, random))
                        .toArray();
            } while (!drawn.add(question(chosen)));
            String id = id(isTest, i);
            questions.add(Question.ofText(id, name(), question(chosen), answer(chosen)));
        }
        return questions;
    }
}
