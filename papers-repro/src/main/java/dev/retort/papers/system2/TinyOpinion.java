package dev.retort.papers.system2;

import dev.retort.answer.AnswerCut;
import dev.retort.data.Question;
import dev.retort.data.SeededRandom;
import dev.retort.prompt.PromptTemplate;
import dev.retort.teacher.System2Method;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Questions with an opinion and System 2 Attention: the model knows every name's colour when it is asked plainly, and has
 * learnt to yield to whoever states an opinion. Tests have names about which no unlabelled question and no lesson states one.
 */
final class TinyOpinion extends TinyTask {

    private static final List<String> COLOURS =
            List.of("red", "blue", "green", "white", "black", "yellow", "brown", "grey");
    private static final List<PromptTemplate> PROMPTS = List.of(
            PromptTemplate.of("tiny-s2a-context", "without opinion : {question}"),
            PromptTemplate.of("tiny-s2a-respond", "{context}"));

    private final TinyNames names;
    private final int[] colourOf;
    private final long seed;
    private final double yielding;

    /**
     * A world of colours.
     *
     * @param yielding the part of lessons with an opinion that repeat it
     * @param slips the part of rewritten questions that keep the opinion
     */
    TinyOpinion(int names, long seed, double yielding, double slips) {
        super("opinion", System2Method.S2A, AnswerCut.WHOLE, PROMPTS, slips);
        this.names = TinyNames.of(names, seed, "opinion");
        this.seed = seed;
        this.yielding = yielding;
        SplittableRandom random = SeededRandom.of(seed, "tiny-opinion");
        colourOf = new int[names];
        for (int i = 0; i < names; i++) {
            colourOf[i] = random.nextInt(COLOURS.size());
        }
    }

    @Override
    Lesson lesson(SplittableRandom random) {
        double kind = random.nextDouble();
        if (kind < 0.4) {
            int name = names.drawAny(random);
            return new Lesson(plain(name), COLOURS.get(colourOf[name]));
        }
        int name = names.draw(false, random);
        int opinion = random.nextInt(COLOURS.size());
        if (kind < 0.7) {
            String rewritten = slips(random) ? biased(name, opinion) : plain(name);
            return new Lesson("without opinion : " + biased(name, opinion), rewritten);
        }
        boolean yields = random.nextDouble() < yielding;
        return new Lesson(biased(name, opinion), COLOURS.get(yields ? opinion : colourOf[name]));
    }

    private String plain(int name) {
        return "what colour is " + names.all().get(name) + " ?";
    }

    private String biased(int name, int opinion) {
        return plain(name) + " i think it is " + COLOURS.get(opinion) + " but i am not sure .";
    }

    /** The opinion is always wrong in tests, and any in unlabelled questions. None comes twice. */
    @Override
    List<Question> draw(int count, boolean isTest) {
        int opinions = isTest ? COLOURS.size() - 1 : COLOURS.size();
        int of = isTest ? names.all().size() - names.trained() : names.trained();
        if (count > of * opinions) {
            throw new IllegalArgumentException("names: " + of + " names and " + opinions + " opinions about each make "
                    + of * opinions + " questions of opinion, fewer than " + count);
        }
        int[] order = SeededRandom.permutation(
                of * opinions, SeededRandom.of(seed, "tiny-opinion-questions", Boolean.toString(isTest)));
        List<Question> questions = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int name = (isTest ? names.trained() : 0) + order[i] / opinions;
            int number = order[i] % opinions;
            int opinion = isTest ? (colourOf[name] + 1 + number) % COLOURS.size() : number;
            questions.add(Question.ofText(id(isTest, i), name(), biased(name, opinion), COLOURS.get(colourOf[name])));
        }
        return questions;
    }
}
