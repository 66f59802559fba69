package dev.retort.filter;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.TextNode;
import dev.retort.data.Message;
import dev.retort.data.Question;
import dev.retort.data.TeacherSample;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RephraseTest {

    private static final Perturbation KIND = Perturbation.REPHRASE;

    private static Question request(Question question) {
        Perturbed perturbed = KIND.perturb(question, 2, Variants.SEED);
        assertThat(perturbed).isInstanceOf(Perturbed.Asks.class);
        return ((Perturbed.Asks) perturbed).request();
    }

    private static TeacherSample reply(int index, String text, String finishReason) {
        return Samples.sample("q1~rephrase-request", index, text, null, finishReason);
    }

    @Test
    void asksATeacherWithoutTheReference() {
        assertThat(request(Samples.QUESTION))
                .isEqualTo(new Question(
                        "q1~rephrase-request",
                        "t",
                        List.of(Message.user("\"What is 1 + 1?\"\nGiven the above question, rephrase and expand it to"
                                + " help you do better answering. Maintain all information in the original question.")),
                        null,
                        Map.of("rephrase_of", TextNode.valueOf("q1"))));
        assertThat(Perturbation.rephraseRequest(Samples.QUESTION)).isEqualTo(request(Samples.QUESTION));
    }

    @Test
    void theReplyIsTheVariant() {
        Question question = new Question(
                "q1", "t", List.of(Message.system("Be brief."), Message.user("What is 1 + 1?")), "2", Map.of());
        assertThat(Perturbation.rephrased(question, reply(1, " \u201cAdd 1 to 1: what is the sum?\u201d\n", "stop")))
                .isEqualTo(new Perturbed.Variants(List.of(new Question(
                        "q1~rephrase-2",
                        "t",
                        List.of(Message.system("Be brief."), Message.user("Add 1 to 1: what is the sum?")),
                        "2",
                        Map.of(
                                "perturbed_from", TextNode.valueOf("q1"),
                                "perturbation", TextNode.valueOf("rephrase"))))));
    }

    @Test
    void optionsAreNotRephrased() {
        Question question = Variants.choice("q", "a");
        assertThat(request(question).text()).startsWith("\"Where do you put a book?\"\nGiven");
        Perturbed made = Perturbation.rephrased(question, reply(0, "A book goes where?", "stop"));
        assertThat(((Perturbed.Variants) made).questions().get(0).text())
                .isEqualTo("A book goes where?\nAnswer Choices:\n(a) shelf\n(b) oven\n(c) sea\n(d) moon");
        assertThat(((Perturbed.Variants) made).questions().get(0).reference()).isEqualTo("a");
    }

    @Test
    void repliesThatMakeNone() {
        assertThat(Perturbation.rephrased(Samples.QUESTION, reply(0, "What would", "length")))
                .isEqualTo(new Perturbed.NotApplied("reply-truncated"));
        assertThat(Perturbation.rephrased(Samples.QUESTION, reply(0, "\" \"", "stop")))
                .isEqualTo(new Perturbed.NotApplied("reply-brings-nothing-new"));
        assertThat(Perturbation.rephrased(Samples.QUESTION, reply(0, "\"What is  1 + 1?\"", "stop")))
                .isEqualTo(new Perturbed.NotApplied("reply-brings-nothing-new"));
    }

    @Test
    void questionsThatAreNotAskedFor() {
        assertThat(Variants.reason(KIND, Variants.with("q", "x or y?", null, "responses", "x", "y")))
                .isEqualTo("responses-to-be-judged");
        assertThat(Variants.reason(KIND, Variants.with("q", "(a) x (b) yes", null, "choices", "x", "yes")))
                .isEqualTo("nothing-to-rephrase");
    }
}
