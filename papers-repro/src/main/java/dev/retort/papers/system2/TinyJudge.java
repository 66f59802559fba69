package dev.retort.papers.system2;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.retort.answer.AnswerCut;
import dev.retort.data.Message;
import dev.retort.data.Question;
import dev.retort.data.Rows;
import dev.retort.data.SeededRandom;
import dev.retort.prompt.PromptTemplate;
import dev.retort.teacher.System2Method;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Which of two responses is better, with Branch-Solve-Merge: a response has a word for each of three criteria, each word is
 * worth 1 to 5, and the sums decide. The direct verdict is practised little, and leans to the response shown first. Every
 * item is asked in both orders; test items have pairs of responses that no unlabelled question has, in either order.
 */
final class TinyJudge extends TinyTask {

    private static final List<String> CRITERIA = List.of("clear", "kind", "brief");
    private static final int SCALE = 5;
    private static final List<List<String>> WORDS = List.of(
            List.of("murky", "dim", "plain", "bright", "lucid"),
            List.of("cruel", "cold", "fair", "warm", "tender"),
            List.of("endless", "long", "medium", "short", "terse"));
    private static final String INSTRUCTION = "write a note";
    private static final List<PromptTemplate> PROMPTS = List.of(
            PromptTemplate.of("tiny-bsm-branch", "name {criteria} criteria for : {instruction}"),
            PromptTemplate.of(
                    "tiny-bsm-solve", "{instruction} : score {criterion} 1 to {scale} of {first} | {second}"));

    private final long seed;
    private final double leaning;

    /**
     * A world of judgements.
     *
     * @param leaning the part of direct lessons that prefer the first response whatever it is
     * @param slips the part of scores that are anything
     */
    TinyJudge(long seed, double leaning, double slips) {
        super("judge", System2Method.BSM, AnswerCut.VERDICT, PROMPTS, slips);
        this.seed = seed;
        this.leaning = leaning;
    }

    /** A word's worth less 1, for each criterion. */
    private static int[] response(SplittableRandom random) {
        return new int[] {random.nextInt(SCALE), random.nextInt(SCALE), random.nextInt(SCALE)};
    }

    private static String text(int[] response) {
        List<String> words = new ArrayList<>();
        for (int i = 0; i < response.length; i++) {
            words.add(WORDS.get(i).get(response[i]));
        }
        return String.join(" ", words);
    }

    private static String question(int[] a, int[] b) {
        return INSTRUCTION + " : judge " + text(a) + " | " + text(b);
    }

    private static String verdict(int[] a, int[] b) {
        int difference = a[0] + a[1] + a[2] - b[0] - b[1] - b[2];
        return difference > 0 ? "A" : difference < 0 ? "B" : "tie";
    }

    @Override
    String target(String verdict) {
        return verdict.equals("tie") ? "[[C]]" : "[[" + verdict + "]]";
    }

    @Override
    Lesson lesson(SplittableRandom random) {
        int[] a;
        int[] b;
        do {
            a = response(random);
            b = response(random);
        } while (isForTests(a, b));
        double kind = random.nextDouble();
        if (kind < 0.04) {
            StringBuilder list = new StringBuilder();
            for (int i = 0; i < CRITERIA.size(); i++) {
                list.append(i == 0 ? "" : " ").append(i + 1).append(". ").append(CRITERIA.get(i));
            }
            return new Lesson("name " + CRITERIA.size() + " criteria for : " + INSTRUCTION, list.toString());
        }
        if (kind < 0.75) {
            int criterion = random.nextInt(CRITERIA.size());
            String prompt = INSTRUCTION + " : score " + CRITERIA.get(criterion) + " 1 to " + SCALE + " of " + text(a)
                    + " | " + text(b);
            int first = slips(random) ? random.nextInt(SCALE) : a[criterion];
            int second = slips(random) ? random.nextInt(SCALE) : b[criterion];
            return new Lesson(prompt, "response 1 : " + (first + 1) + " response 2 : " + (second + 1));
        }
        boolean leans = random.nextDouble() < leaning;
        return new Lesson(question(a, b), leans ? "[[A]]" : target(verdict(a, b)));
    }

    /** Items in pairs: each in both orders. No ties, and no pair twice. */
    @Override
    List<Question> draw(int count, boolean isTest) {
        List<Question> questions = new ArrayList<>();
        Set<List<String>> drawn = new HashSet<>();
        for (int i = 0; questions.size() < count; i++) {
            SplittableRandom random = SeededRandom.of(seed, "tiny-judge-questions", i);
            int[] a = response(random);
            int[] b = response(random);
            if (verdict(a, b).equals("tie") || isForTests(a, b) != isTest || !drawn.add(pair(a, b))) {
                continue;
            }
            String id = id(isTest, questions.size() / 2);
            questions.add(item(id + "-ab", a, b));
            questions.add(item(id + "-ba", b, a));
        }
        return questions;
    }

    /** Both orders of a pair are one. */
    @Override
    int[] clusters(List<Question> tests) {
        return IntStream.range(0, tests.size()).map(i -> i / 2).toArray();
    }

    /** A third of all pairs, whatever their order. */
    private boolean isForTests(int[] a, int[] b) {
        List<String> pair = pair(a, b);
        return SeededRandom.of(seed, "tiny-judge-split", pair.get(0), pair.get(1))
                        .nextInt(3)
                == 0;
    }

    private static List<String> pair(int[] a, int[] b) {
        return Stream.of(text(a), text(b)).sorted().toList();
    }

    private Question item(String id, int[] a, int[] b) {
        ArrayNode responses = Rows.mapper().createArrayNode().add(text(a)).add(text(b));
        Map<String, JsonNode> extra = Map.of("prompt", TextNode.valueOf(INSTRUCTION), "responses", responses);
        return new Question(id, name(), List.of(Message.user(question(a, b))), verdict(a, b), extra);
    }
}
