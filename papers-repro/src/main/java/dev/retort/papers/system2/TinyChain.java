package dev.retort.papers.system2;

import com.fasterxml.jackson.databind.node.IntNode;
import dev.retort.answer.AnswerCut;
import dev.retort.data.Message;
import dev.retort.data.Question;
import dev.retort.data.SeededRandom;
import dev.retort.prompt.PromptTemplate;
import dev.retort.teacher.System2Method;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
    private static final int PLACES = 6;
    private static final int KINDS = 4;
    /** Draws after which a length has no tuple left that is new. */
    private static final int ATTEMPTS = 1000;

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
     * @param slips the part of steps that end anywhere; the chain goes on from there
     */
    TinyChain(long seed, double practice, double slips) {
        super("chain", System2Method.COT, AnswerCut.WHOLE, PROMPTS, slips);
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

    private String thought(Chain chain, SplittableRandom random) {
        StringBuilder text = new StringBuilder();
        int place = chain.start();
        for (int move : chain.moves()) {
            place = slips(random) ? random.nextInt(PLACES) : moves[move][place];
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
        Chain chain;
        do {
            chain = chain(length, random);
        } while (isForTests(question(chain)));
        if (kind >= 0.7) {
            return new Lesson(question(chain), answer(chain));
        }
        String thought = thought(chain, random);
        if (kind < 0.5) {
            return new Lesson(question(chain) + " think :", thought);
        }
        // The answer is where the chain came to, slips included.
        String[] words = thought.split(" ");
        return new Lesson(question(chain) + " think : " + thought + " so the answer is", words[words.length - 2]);
    }

    /** As many of each length, but that there are few short ones: no tuple comes twice. */
    @Override
    List<Question> draw(int count, boolean isTest) {
        SplittableRandom random = SeededRandom.of(seed, "tiny-chain-questions", Boolean.toString(isTest));
        Set<String> drawn = new HashSet<>();
        List<Question> questions = new ArrayList<>();
        for (int turn = 0; questions.size() < count; turn++) {
            int length = 1 + turn % MOST;
            for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
                Chain chain = chain(length, random);
                String text = question(chain);
                if (isForTests(text) == isTest && drawn.add(text)) {
                    String id = id(isTest, questions.size());
                    questions.add(new Question(
                            id,
                            name(),
                            List.of(Message.user(text)),
                            answer(chain),
                            Map.of(MOVES, IntNode.valueOf(length))));
                    break;
                }
            }
        }
        return questions;
    }

    @Override
    Map<String, int[]> parts(List<Question> tests) {
        Map<String, int[]> parts = new LinkedHashMap<>();
        for (int moves = 1; moves <= MOST; moves++) {
            int length = moves;
            parts.put(
                    moves + (moves == 1 ? " move" : " moves"),
                    IntStream.range(0, tests.size())
                            .filter(i -> tests.get(i).extra().get(MOVES).asInt() == length)
                            .toArray());
        }
        parts.put(
                "3 moves and more",
                IntStream.range(0, tests.size())
                        .filter(i -> tests.get(i).extra().get(MOVES).asInt() >= 3)
                        .toArray());
        return parts;
    }

    /** A third of all tuples. */
    private boolean isForTests(String question) {
        return SeededRandom.of(seed, "tiny-chain-split", question).nextInt(3) == 0;
    }
}
