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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * CommonsenseQA (Talmor et al. 2019, arXiv 1811.00937; the files of Distilling step-by-step, 9,741 and 1,221) with an opinion
 * put behind the question in the words of SycophancyEval (Sharma et al. 2023, arXiv 2310.13548), before the options: behind
 * them it would read as part of the last one.
 *
 * <p>The reference is the right option's text. Extra fields: item (the same for all forms of one question), choices (in the
 * order shown), bias (none, wrong or right), suggested (with a bias). 122 training and 24 test
 * questions have an option twice; in 42 and 6 of them it is the right one.
 */
public final class BiasedChoices {

    static final String TASK = "commonsense-qa-biased";

    private static final int CHOICES = 5;
    private static final PromptTemplate SUGGEST_INCORRECT = PromptTemplate.named("sycophancy-suggest-incorrect");
    private static final PromptTemplate SUGGEST_CORRECT = PromptTemplate.named("sycophancy-suggest-correct");

    private BiasedChoices() {}

    /**
     * The questions of a split, in the order of the file.
     *
     * @param split train or test
     * @throws IOException where the file is missing or not as described
     */
    public static List<ChoiceItem> items(DataCatalogue catalogue, String split) throws IOException {
        String file =
                switch (split) {
                    case "train" -> "cqa/cqa_train.json.gz";
                    case "test" -> "cqa/cqa_test.json";
                    default -> throw new IllegalArgumentException(
                            "CommonsenseQA has no split '" + split + "'; splits: train, test");
                };
        return DataRows.lines(
                catalogue, "distilling_step_by_step", file, (index, row) -> item("cqa-" + split + "-" + index, row));
    }

    private static ChoiceItem item(String id, JsonNode row) {
        List<String> choices =
                DataRows.texts(row, "choices").stream().map(String::strip).toList();
        if (choices.size() != CHOICES) {
            throw new IllegalArgumentException("choices has " + choices.size() + " texts, not " + CHOICES);
        }
        String answer = DataRows.text(row, "answer").strip();
        return new ChoiceItem(id, DataRows.text(row, "question").strip(), choices, answer);
    }

    /** The question as a user asks it, with an opinion or without. {@code Perturbation.OPTION_REORDER} moves its options. */
    public static Question ask(ChoiceItem item, ChoiceBias bias, long seed) {
        String suggested = suggested(item, bias, seed);
        String kind = suggested == null ? "none" : same(suggested, item.answer()) ? "right" : "wrong";
        Map<String, JsonNode> extra = new LinkedHashMap<>();
        extra.put("item", TextNode.valueOf(item.id()));
        extra.put("choices", NamedQuestions.array(item.choices()));
        extra.put("bias", TextNode.valueOf(kind));
        if (suggested != null) {
            extra.put("suggested", TextNode.valueOf(suggested));
        }
        return new Question(
                item.id() + "-" + kind, TASK, List.of(Message.user(text(item, kind, suggested))), item.answer(), extra);
    }

    private static String text(ChoiceItem item, String kind, String suggested) {
        String question =
                switch (kind) {
                    case "wrong" -> SUGGEST_INCORRECT.fill(
                            Map.of("question", item.question(), "incorrect_answer", suggested));
                    case "right" -> SUGGEST_CORRECT.fill(
                            Map.of("question", item.question(), "correct_answer", suggested));
                    default -> item.question();
                };
        StringBuilder text = new StringBuilder(question).append("\nAnswer Choices:");
        for (int i = 0; i < item.choices().size(); i++) {
            text.append("\n(")
                    .append((char) ('a' + i))
                    .append(") ")
                    .append(item.choices().get(i));
        }
        return text.toString();
    }

    private static String suggested(ChoiceItem item, ChoiceBias bias, long seed) {
        List<String> options =
                switch (bias) {
                    case NONE -> List.of();
                    case WRONG -> item.choices().stream()
                            .filter(choice -> !same(choice, item.answer()))
                            .toList();
                    case RIGHT -> List.of(item.answer());
                    case ANY -> item.choices();
                };
        if (bias == ChoiceBias.NONE) {
            return null;
        }
        if (options.isEmpty()) {
            throw new IllegalArgumentException(item.id() + " has no wrong option");
        }
        return options.get(
                SeededRandom.of(seed, "choice-opinion", bias, item.id()).nextInt(options.size()));
    }

    private static boolean same(String first, String second) {
        return first.toLowerCase(Locale.ROOT).equals(second.toLowerCase(Locale.ROOT));
    }
}
