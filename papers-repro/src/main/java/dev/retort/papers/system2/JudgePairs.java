package dev.retort.papers.system2;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.retort.data.DataCatalogue;
import dev.retort.data.Message;
import dev.retort.data.Question;
import dev.retort.data.SeededRandom;
import dev.retort.papers.DataRows;
import dev.retort.prompt.PromptTemplate;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Pairs of replies that people ranked, from 100 English conversation trees of OpenAssistant (K&ouml;pf et al. 2023, arXiv
 * 2304.07327): 754 pairs under 212 prompts, 1 to 36 a tree; ranks have no ties. A few replies were written by a model.
 */
public final class JudgePairs {

    static final String TASK = "judge";

    private JudgePairs() {}

    /**
     * Every pair of ranked replies to the same prompt, in the order of the file.
     *
     * @throws IOException where the file is missing or not as described
     */
    public static List<JudgePair> pairs(DataCatalogue catalogue) throws IOException {
        return DataRows.lines(catalogue, "oasst", "en_100_tree.jsonl.gz", JudgePairs::ofTree).stream()
                .flatMap(List::stream)
                .toList();
    }

    private static List<JudgePair> ofTree(int number, JsonNode row) {
        List<JudgePair> pairs = new ArrayList<>();
        collect(number, DataRows.text(row, "message_tree_id"), List.of(), row.path("prompt"), pairs);
        return pairs;
    }

    private static void collect(
            int number, String tree, List<Message> context, JsonNode message, List<JudgePair> pairs) {
        String text = DataRows.text(message, "text");
        boolean prompt = DataRows.text(message, "role").equals("prompter");
        if (prompt) {
            List<JsonNode> ranked = new ArrayList<>();
            for (JsonNode reply : message.path("replies")) {
                if (reply.path("rank").isInt() && !reply.path("deleted").asBoolean()) {
                    ranked.add(reply);
                }
            }
            for (int i = 0; i < ranked.size(); i++) {
                for (JsonNode other : ranked.subList(i + 1, ranked.size())) {
                    addPair(number, tree, context, text, ranked.get(i), other, pairs);
                }
            }
        }
        List<Message> longer = new ArrayList<>(context);
        longer.add(prompt ? Message.user(text) : Message.assistant(text));
        for (JsonNode reply : message.path("replies")) {
            collect(number, tree, longer, reply, pairs);
        }
    }

    private static void addPair(
            int number,
            String tree,
            List<Message> context,
            String prompt,
            JsonNode first,
            JsonNode second,
            List<JudgePair> pairs) {
        int difference = Integer.compare(
                first.path("rank").intValue(), second.path("rank").intValue());
        String firstText = DataRows.text(first, "text");
        String secondText = DataRows.text(second, "text");
        if (difference != 0 && !firstText.equals(secondText)) {
            pairs.add(new JudgePair(
                    "oasst-" + number + "-" + pairs.size(),
                    tree,
                    context,
                    prompt,
                    difference < 0 ? firstText : secondText,
                    difference < 0 ? secondText : firstText));
        }
    }

    /**
     * The pairs of one half of the trees, drawn.
     *
     * @param train which half
     */
    public static List<JudgePair> half(List<JudgePair> pairs, boolean train, long seed) {
        Set<String> all = new LinkedHashSet<>();
        pairs.forEach(pair -> all.add(pair.tree()));
        List<String> trees = List.copyOf(all);
        int[] order = SeededRandom.permutation(trees.size(), SeededRandom.of(seed, "judge-split"));
        Set<String> first = new HashSet<>();
        for (int i = 0; i < order.length / 2; i++) {
            first.add(trees.get(order[i]));
        }
        return pairs.stream()
                .filter(pair -> first.contains(pair.tree()) == train)
                .toList();
    }

    /** How many pairs have a prompt, context aside, that a pair of the other list has too. */
    public static int sharedPrompts(List<JudgePair> pairs, List<JudgePair> others) {
        Set<String> prompts = new HashSet<>();
        others.forEach(other -> prompts.add(other.prompt().strip()));
        return (int) pairs.stream()
                .filter(pair -> prompts.contains(pair.prompt().strip()))
                .count();
    }

    /** FastChat's prompt for judging two answers to a single question, its system prompt above it. */
    public static PromptTemplate prompt() {
        return PromptTemplate.named("judge-pair-v2");
    }

    /**
     * Two questions a pair, one for each order of the replies; which of the orders comes first is drawn. The turns before the
     * prompt are messages before the judging prompt. The reference is A or B. Extra fields: pair, tree, order (first or
     * second), prompt (the user turn judged), responses (in the order shown).
     *
     * @param template with the slots question, answer_a and answer_b
     */
    public static List<Question> questions(List<JudgePair> pairs, PromptTemplate template, long seed) {
        List<Question> questions = new ArrayList<>();
        for (JudgePair pair : pairs) {
            boolean betterFirst =
                    SeededRandom.of(seed, "judge-order", pair.id()).nextBoolean();
            questions.add(question(pair, template, betterFirst, JudgeMetrics.FIRST));
            questions.add(question(pair, template, !betterFirst, JudgeMetrics.SECOND));
        }
        return List.copyOf(questions);
    }

    private static Question question(JudgePair pair, PromptTemplate template, boolean betterFirst, String order) {
        String answerA = betterFirst ? pair.better() : pair.worse();
        String answerB = betterFirst ? pair.worse() : pair.better();
        List<Message> messages = new ArrayList<>(pair.context());
        messages.add(Message.user(
                template.fill(Map.of("question", pair.prompt(), "answer_a", answerA, "answer_b", answerB))));
        Map<String, JsonNode> extra = new LinkedHashMap<>();
        extra.put(JudgeMetrics.PAIR, TextNode.valueOf(pair.id()));
        extra.put(JudgeMetrics.TREE, TextNode.valueOf(pair.tree()));
        extra.put(JudgeMetrics.ORDER, TextNode.valueOf(order));
        extra.put("prompt", TextNode.valueOf(pair.prompt()));
        extra.put("responses", NamedQuestions.array(List.of(answerA, answerB)));
        return new Question(pair.id() + "-" + order, TASK, messages, betterFirst ? "A" : "B", extra);
    }
}
