package dev.retort.filter;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.retort.data.Message;
import dev.retort.data.Nearest;
import dev.retort.data.Question;
import dev.retort.data.SeededRandom;
import dev.retort.data.TeacherSample;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * A change to a question after which the right answer, mapped back, must be the same (consistency under input perturbation,
 * arXiv 2407.06023). Which change belongs to which of the paper's tasks is not published; all but
 * {@link #RESPONSE_ORDER_SWAP} and {@link #OPTION_REORDER} are our choice. Variants depend on the seed, the kind, the
 * question and the variant's number only, never on the reference answer.
 */
public enum Perturbation {
    /**
     * Puts the options of a multiple-choice question in another order, no option under its old letter. The question has the
     * field choices (a list of texts); its last user turn shows them as (a) text, a) text or a. text, on lines or in a row.
     */
    OPTION_REORDER("option-reorder"),
    /**
     * Gives the persons other names: whoever flips a coin, else well-known first names. For stories; a question of fact
     * about a real person may lose its answer, so full names are left alone.
     */
    NAME_SWAP("name-swap"),
    /** Puts the turns of a coin flip question in another order. */
    CLAUSE_REORDER("clause-reorder"),
    /** Shows two responses to be judged in the other order. The question has the field responses (a list of two texts). */
    RESPONSE_ORDER_SWAP("response-order-swap"),
    /** Asks in other words, which a teacher has to find first. */
    REPHRASE("rephrase");

    /** The field of a variant that holds the id of the question it was made from. */
    public static final String PERTURBED_FROM = "perturbed_from";

    /** The field of a variant that holds the kind's {@link #title}. */
    public static final String PERTURBATION = "perturbation";

    /**
     * The field of a variant that maps its answers to the original's: every letter of the options, every verdict, or every
     * name that was put in. Absent where all answers stay.
     */
    public static final String ANSWER_MAP = "answer_map";

    /** The field of a request for other words that holds the id of the question. */
    public static final String REPHRASE_OF = "rephrase_of";

    /** The most variants of one kind that a question can have. */
    public static final int MOST_VARIANTS = 100;

    private final String title;

    Perturbation(String title) {
        this.title = title;
    }

    /** The name in files and on the command line, in kebab-case. */
    public String title() {
        return title;
    }

    /**
     * The kind with a name.
     *
     * @throws IllegalArgumentException for another name; the message lists the names and the nearest one
     */
    public static Perturbation fromName(String name) {
        List<String> titles = Arrays.stream(values()).map(Perturbation::title).toList();
        int at = titles.indexOf(name);
        if (at < 0) {
            throw new IllegalArgumentException("no perturbation is named " + name + "; did you mean "
                    + Nearest.of(name, titles).orElse("") + "? There are " + String.join(", ", titles));
        }
        return values()[at];
    }

    /**
     * Makes variants of a question: never an unchanged copy, no two equal. They have the question's task and further fields,
     * those with choices, responses and names changed like the messages.
     *
     * @param count how many are wanted, 1 to {@link #MOST_VARIANTS}
     * @param seed the run's seed
     */
    public Perturbed perturb(Question question, int count, long seed) {
        if (count < 1 || count > MOST_VARIANTS) {
            throw new IllegalArgumentException(
                    "a question can have 1 to " + MOST_VARIANTS + " variants of a kind, not " + count);
        }
        if (isVariant(question)) {
            return new Perturbed.NotApplied("already-perturbed");
        }
        return switch (this) {
            case OPTION_REORDER -> OptionReorder.of(question, count, seed);
            case NAME_SWAP -> NameSwap.of(question, count, seed);
            case CLAUSE_REORDER -> ClauseReorder.of(question, count, seed);
            case RESPONSE_ORDER_SWAP -> ResponseOrderSwap.of(question);
            case REPHRASE -> Rephrase.of(question);
        };
    }

    /**
     * What a teacher is asked for other words, by the prompt rar-rephrase (arXiv 2311.04205): a question with the id
     * ID~rephrase-request and no reference. Options to choose from are not part of it.
     */
    public static Question rephraseRequest(Question question) {
        return Rephrase.request(question);
    }

    /**
     * The variant of number {@code reply.sampleIndex() + 1} in a teacher's words; a reply that was cut off or brings nothing
     * new makes none.
     *
     * @param original the question, not the request
     * @param reply the teacher's to {@link #rephraseRequest}
     */
    public static Perturbed rephrased(Question original, TeacherSample reply) {
        return Rephrase.rephrased(original, reply);
    }

    /** Whether a question was made from another one, and so is asked only to test that one's answer. */
    public static boolean isVariant(Question question) {
        return question.extra().containsKey(PERTURBED_FROM);
    }

    /**
     * The id of the question that a variant was made from.
     *
     * @throws IllegalArgumentException where the question is no variant
     */
    public static String originalId(Question variant) {
        return Fields.text(variant, PERTURBED_FROM);
    }

    /**
     * A variant's answer in the terms of the original: as it is, or by the variant's {@link #ANSWER_MAP}. Null where there
     * is none, and where it is none of the verdicts.
     *
     * @param variant a question of {@link #perturb} or {@link #rephrased}
     * @param answer may be null
     * @throws IllegalArgumentException where the question is no variant, or its fields are not as described
     */
    public static String originalAnswer(Question variant, String answer) {
        Perturbation kind = kind(variant);
        Map<String, String> map = Fields.answerMap(variant);
        if (answer == null) {
            return null;
        }
        return switch (kind) {
            case OPTION_REORDER -> OptionReorder.originalAnswer(variant, map, answer);
            case NAME_SWAP -> NameSwap.originalAnswer(map, answer);
            case RESPONSE_ORDER_SWAP -> ResponseOrderSwap.originalAnswer(map, answer);
            case CLAUSE_REORDER, REPHRASE -> answer;
        };
    }

    private static Perturbation kind(Question variant) {
        try {
            return fromName(Fields.text(variant, PERTURBATION));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("question " + variant.id() + ": " + e.getMessage(), e);
        }
    }

    /** The generator of one variant. */
    SplittableRandom random(long seed, Question question, int number) {
        return SeededRandom.of(seed, "perturbation", title, question.id(), number);
    }

    /**
     * The row of one variant.
     *
     * @param number from 1
     * @param reference the variant's right answer, or null where it is not known
     * @param answerMap empty where answers stay
     * @param extra the original's further fields, changed like the messages
     */
    Question variant(
            Question original,
            int number,
            List<Message> messages,
            String reference,
            Map<String, String> answerMap,
            Map<String, JsonNode> extra) {
        Map<String, JsonNode> fields = new LinkedHashMap<>(extra);
        fields.put(PERTURBED_FROM, TextNode.valueOf(original.id()));
        fields.put(PERTURBATION, TextNode.valueOf(title));
        if (!answerMap.isEmpty()) {
            ObjectNode map = JsonNodeFactory.instance.objectNode();
            answerMap.forEach(map::put);
            fields.put(ANSWER_MAP, map);
        }
        return new Question(original.id() + "~" + title + "-" + number, original.task(), messages, reference, fields);
    }
}
