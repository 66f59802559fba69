package dev.retort.filter;

import com.fasterxml.jackson.databind.node.TextNode;
import dev.retort.answer.AnswerText;
import dev.retort.data.Message;
import dev.retort.data.Question;
import dev.retort.data.TeacherSample;
import dev.retort.prompt.PromptTemplate;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@link Perturbation#REPHRASE}. */
final class Rephrase {

    private static final Perturbation KIND = Perturbation.REPHRASE;
    private static final String QUOTES = "\"'\u201c\u201d";

    /** What may stand between a question and its options, the longest first. */
    private static final List<String> LABELS = List.of("Answer Choices:", "Answer Options:", "Choices:", "Options:");

    private Rephrase() {}

    static Perturbed of(Question question) {
        if (!Fields.texts(question, Fields.RESPONSES).isEmpty()) {
            return new Perturbed.NotApplied("responses-to-be-judged");
        }
        if (question.text().substring(0, stemEnd(question)).isBlank()) {
            return new Perturbed.NotApplied("nothing-to-rephrase");
        }
        return new Perturbed.Asks(request(question));
    }

    static Question request(Question question) {
        String stem = question.text().substring(0, stemEnd(question));
        String prompt = PromptTemplate.named("rar-rephrase").fill(Map.of("question", stem));
        return new Question(
                question.id() + "~" + KIND.title() + "-request",
                question.task(),
                List.of(Message.user(prompt)),
                null,
                Map.of(Perturbation.REPHRASE_OF, TextNode.valueOf(question.id())));
    }

    static Perturbed rephrased(Question original, TeacherSample reply) {
        String text = original.text();
        int stemEnd = stemEnd(original);
        String words = withoutQuotes(reply.text());
        if (TruncatedFilter.isTruncated(reply)) {
            return new Perturbed.NotApplied("reply-truncated");
        }
        if (words.isBlank() || AnswerText.plain(words).equals(AnswerText.plain(text.substring(0, stemEnd)))) {
            return new Perturbed.NotApplied("reply-brings-nothing-new");
        }
        return new Perturbed.Variants(List.of(KIND.variant(
                original,
                reply.sampleIndex() + 1,
                Fields.withText(original, words + text.substring(stemEnd)),
                original.reference(),
                Map.of(),
                original.extra())));
    }

    /** Where the part that may be put otherwise ends: before the options, where the text shows them, with their label. */
    private static int stemEnd(Question question) {
        List<String> choices = Fields.texts(question, Fields.CHOICES);
        Optional<OptionBlock> block = choices.isEmpty() ? Optional.empty() : OptionBlock.find(question.text(), choices);
        if (block.isEmpty()) {
            return question.text().length();
        }
        String before = block.get().before().stripTrailing();
        for (String label : LABELS) {
            int start = before.length() - label.length();
            if (start >= 0 && before.regionMatches(true, start, label, 0, label.length())) {
                return before.substring(0, start).stripTrailing().length();
            }
        }
        return before.length();
    }

    private static String withoutQuotes(String reply) {
        String text = reply.strip();
        boolean isQuoted = text.length() >= 2
                && QUOTES.indexOf(text.charAt(0)) >= 0
                && QUOTES.indexOf(text.charAt(text.length() - 1)) >= 0;
        return isQuoted ? text.substring(1, text.length() - 1).strip() : text;
    }
}
