package dev.retort.papers.system2;

import com.fasterxml.jackson.databind.node.IntNode;
import dev.retort.answer.AnswerCut;
import dev.retort.data.Message;
import dev.retort.data.Question;
import dev.retort.data.SeededRandom;
import dev.retort.prompt.PromptTemplate;
import dev.retort.teacher.System2Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Chains of 1 to 8 moves with chain of thought: each move takes every place to another, and a step of reasoning is one move.
 * A model of fixed depth makes few moves before it must speak. The direct answer is practised with one and two moves, and
 * now and then with more. Test items are tuples that no unlabelled question has.
 */
final class TinyChain extends TinyTask {

    /** The field of a question that holds its number of moves. */
    static final String MOVES = "moves";

    static final int MOST = 8;
    private static final int PLACES = 8;
    private static final int KINDS = 8;
    private static final List<PromptTemplate> PROMPTS = List.of(
            PromptTemplate.of("tiny-cot", "{question} think :"),
            PromptTemplate.of("tiny-cot-answer", "{question} think :{rationale} so the {answer_words} is"));

    private final long seed;
    private final double practice;
    private final int[][] moves;

    /**
     * A world of moves.
     *
     * @param practice the part of direct lessons that have more than two moves
     */
    TinyChain(long seed, double practice) {
        super("chain", System2Method.COT, AnswerCut.WHOLE, PROMPTS);
        this.seed = seed;
        this.practice = practice;
        SplittableRandom random = SeededRandom.of(seed, "tiny-chain");
        moves = IntStream.range(0, KINDS)
                .mapToObj(i -> SeededRandom.permutation(PLACES, random))
                .toArray(int[][]::new);
    }

    /** A start and its moves. */
    private record Chain(int start, int[] moves) {}

    private static Chain chain(int length, SplittableRandom random) {
        int start = random.nextInt(PLACES);
        return new Chain(
                start,
                IntStream.range(0, length).map(i -> random.nextInt(KINDS)).toArray());
    }

    private static String question(Chain chain) {
        StringBuilder text = new StringBuilder("from p" + chain.start());
        for (int move : chain.moves()) {
            text.append(" m").append(move);
        }
        return text.append(" ?").toString();
    }

    private String thought(Chain chain) {
        StringBuilder text = new StringBuilder();
        int place = chain.start();
        for (int move : chain.moves()) {
            place = moves[move][place];
            text.append(text.isEmpty() ? "" : " ")
                    .append("m")
                    .append(move)
                    .append(" to p")
                    .append(place);
        }
        return text.append(" .").toString();
    }

    private String answer(Chain chain) {
        int place = chain.start();
        for (int move : chain.moves()) {
            place = moves[move][place];
        }
        return "p" + place;
    }

    @Override
    Lesson lesson(SplittableRandom random) {
        double kind = random.nextDouble();
        boolean isLong = random.nextDouble() < practice;
        int length = kind < 0.7 || isLong ? 1 + random.nextInt(MOST) : 1 + random.nextInt(2);
        Chain chain = chain(length, random);
        if (kind < 0.5) {
            return new Lesson(question(chain) + " think :", thought(chain));
        }
        return kind < 0.7
                ? new Lesson(question(chain) + " think : " + thought(chain) + " so the answer is", answer(chain))
                : new Lesson(question(chain), answer(chain));
    }

    /** As many of each length. */
    @Override
    List<Question> draw(int count, boolean isTest) {
        List<Question> questions = new ArrayList<>();
        for (int i = 0; questions.size() < count; i++) {
            SplittableRandom random = SeededRandom.of(seed, "tiny-chain-questions", i);
            int length = 1 + questions.size() % MOST;
            Chain chain = chain(length, random);
            boolean isForTests =
                    SeededRandom.of(seed, "tiny-chain-split", question(chain)).nextInt(3) == 0;
            if (isForTests != isTest) {
                continue;
            }
            String id = id(isTest, questions.size());
            questions.add(new Question(
                    id,
                    name(),
                    List.of(Message.user(question(chain))),
                    answer(chain),
                    Map.of(MOVES, IntNode.valueOf(length))));
        }
        return questions;
    }
}
