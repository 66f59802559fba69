package dev.retort.filter;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.retort.data.Message;
import dev.retort.data.Question;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import dev.retort.data.TokenUsage;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Questions to be perturbed, and what perturbations made of them, for the tests of this package. */
final class Variants {

    static final long SEED = 7;

    private Variants() {}

    /** A question of one user turn with a list of texts among its further fields. */
    static Question with(String id, String text, String reference, String field, String... texts) {
        ArrayNode list = JsonNodeFactory.instance.arrayNode();
        for (String item : texts) {
            list.add(item);
        }
        Map<String, JsonNode> extra = new LinkedHashMap<>();
        extra.put(field, list);
        return new Question(id, "t", List.of(Message.user(text)), reference, extra);
    }

    /** A question of CommonsenseQA as Distilling step-by-step shows it. */
    static Question choice(String id, String reference) {
        return with(
                id,
                "Where do you put a book?\nAnswer Choices:\n(a) shelf\n(b) oven\n(c) sea\n(d) moon",
                reference,
                "choices",
                "shelf",
                "oven",
                "sea",
                "moon");
    }

    static Question coin(String id, String... turns) {
        return Question.ofText(
                id,
                "coin-flip",
                "A coin is heads up. " + String.join(" ", turns)
                        + " Is the coin still heads up? Note that \"flip\" here means \"reverse\".",
                null);
    }

    static List<Question> made(Perturbation kind, Question question, int count) {
        Perturbed perturbed = kind.perturb(question, count, SEED);
        assertThat(perturbed).isInstanceOf(Perturbed.Variants.class);
        return ((Perturbed.Variants) perturbed).questions();
    }

    /** Why nothing was made of a question. */
    static String reason(Perturbation kind, Question question) {
        Perturbed perturbed = kind.perturb(question, 2, SEED);
        assertThat(perturbed).isInstanceOf(Perturbed.NotApplied.class);
        return ((Perturbed.NotApplied) perturbed).reason();
    }

    static List<String> texts(Question question, String field) {
        return Fields.texts(question, field);
    }

    static TeacherSample sample(Question question, int index, String answer) {
        return new TeacherSample(
                question.id(),
                question.task(),
                question.messages(),
                index,
                "So " + answer,
                null,
                answer,
                "stop",
                "fake",
                SamplingParams.none(),
                new TokenUsage(1, 1, 1),
                Map.of());
    }
}
