package dev.retort.filter;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.retort.data.Message;
import dev.retort.data.Question;
import dev.retort.data.Rows;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NameSwapTest {

    private static final Perturbation KIND = Perturbation.NAME_SWAP;

    private static Map<String, String> map(Question variant) {
        return Fields.answerMap(variant);
    }

    @Test
    void namesAreReplacedEverywhereAndTheAnswerMappedBack() {
        Map<String, JsonNode> extra = new LinkedHashMap<>();
        extra.put("choices", Rows.mapper().valueToTree(List.of("Tom", "Mary")));
        extra.put("hint", TextNode.valueOf("Tomorrow Tom has Emma's"));
        extra.put("level", Rows.mapper().valueToTree(3));
        Question question = new Question(
                "q",
                "t",
                List.of(Message.system("You know Tom."), Message.user("Tom gave Mary's dog to Tom. Who has it?")),
                "Tom",
                extra);
        Question variant = Variants.made(KIND, question, 1).get(0);
        List<String> names = List.copyOf(map(variant).keySet());
        assertThat(map(variant).values()).containsExactly("Tom", "Mary");
        String tom = names.get(0);
        String mary = names.get(1);
        assertThat(FirstNames.of(FirstNames.Kind.MALE)).contains(tom);
        assertThat(FirstNames.of(FirstNames.Kind.FEMALE)).contains(mary);
        assertThat(names).doesNotContain("Emma", "Tom", "Mary");
        assertThat(variant.messages())
                .containsExactly(
                        Message.system("You know " + tom + "."),
                        Message.user(tom + " gave " + mary + "'s dog to " + tom + ". Who has it?"));
        assertThat(variant.reference()).isEqualTo(tom);
        assertThat(Variants.texts(variant, "choices")).containsExactly(tom, mary);
        assertThat(variant.extra().get("hint")).isEqualTo(TextNode.valueOf("Tomorrow " + tom + " has Emma's"));
        assertThat(variant.extra().get("level")).isEqualTo(question.extra().get("level"));
        assertThat(variant.id()).isEqualTo("q~name-swap-1");
        assertThat(Perturbation.originalAnswer(variant, "It is " + mary + "'s")).isEqualTo("It is Mary's");
        assertThat(Perturbation.originalAnswer(variant, tom.toUpperCase(Locale.ROOT)))
                .isEqualTo("Tom");
        assertThat(Perturbation.originalAnswer(variant, "12")).isEqualTo("12");
    }

    @Test
    void whoeverFlipsACoinGetsAnotherName() {
        Question question = Variants.coin(
                "q", "Jose flips the coin.", "Jose Antonio does not flip the coin.", "Kc flips the coin.");
        Question variant = Variants.made(KIND, question, 1).get(0);
        List<String> names = List.copyOf(map(variant).keySet());
        assertThat(map(variant).values()).containsExactly("Jose", "Jose Antonio", "Kc");
        assertThat(variant.text())
                .isEqualTo("A coin is heads up. " + names.get(0) + " flips the coin. " + names.get(1)
                        + " does not flip the coin. " + names.get(2) + " flips the coin. Is the coin still heads up?"
                        + " Note that \"flip\" here means \"reverse\".");
    }

    @Test
    void lowerCaseStays() {
        Question question = Question.ofText(
                "q",
                "t",
                "A coin is heads up. roxas does not flip the coin. aluino flips the coin.  Is the coin still heads up?"
                        + " Flip means reverse.",
                "no");
        Question variant = Variants.made(KIND, question, 1).get(0);
        List<String> names = List.copyOf(map(variant).keySet());
        assertThat(names).allMatch(name -> name.equals(name.toLowerCase(Locale.ROOT)));
        assertThat(variant.text())
                .isEqualTo("A coin is heads up. " + names.get(0) + " does not flip the coin. " + names.get(1)
                        + " flips the coin.  Is the coin still heads up? Flip means reverse.");
        assertThat(variant.reference()).isEqualTo("no");
    }

    @Test
    void noTwoVariantsAreEqual() {
        Question question = Question.ofText("q", "t", "How old is Emily?", null);
        Set<String> texts = new HashSet<>();
        Variants.made(KIND, question, 100).forEach(variant -> texts.add(variant.text()));
        assertThat(texts).hasSize(100).doesNotContain(question.text());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\'',
            value = {
                "Take the last letters of the words in \"Tom Mary\" and concatenate them.|names-in-quotes",
                "\u201cHello Tom,\u201d she said.|names-in-quotes",
                "Where is the shop?|no-names",
                "How many letters has the name of Tom?|asks-for-spelling",
                "When was Tom Hanks born?|full-names",
                "Where did King George live?|full-names",
                "Tom met a tom.|names-also-words",
                "A coin is heads up. He flips the coin. Is the coin still heads up?|no-names",
                "A coin is heads up. No one flips the coin. Is the coin still heads up?|no-names",
                "A coin is heads up. Heads flips the coin. Is the coin still heads up?|names-also-words"
            })
    void refusesNamesThatMatter(String text, String reason) {
        assertThat(Variants.reason(KIND, Question.ofText("q", "t", text, null))).isEqualTo(reason);
    }

    @Test
    void refusesMoreNamesThanThereAreOthers() {
        StringBuilder text = new StringBuilder();
        FirstNames.of(FirstNames.Kind.FEMALE).stream().limit(100).forEach(name -> text.append(name)
                .append(", "));
        assertThat(Variants.reason(KIND, Question.ofText("q", "t", text.toString(), null)))
                .isEqualTo("too-many-names");
        FirstNames.ALL.keySet().forEach(name -> text.append(name).append(", "));
        assertThat(Variants.reason(KIND, Question.ofText("q", "t", text.toString(), null)))
                .isEqualTo("too-many-names");
    }

    @Test
    void theListIsOfPlainNames() {
        assertThat(FirstNames.ALL).hasSizeGreaterThan(300);
        assertThat(FirstNames.of(FirstNames.Kind.FEMALE)).hasSizeGreaterThan(150);
        assertThat(FirstNames.of(FirstNames.Kind.MALE)).hasSizeGreaterThan(150);
        assertThat(FirstNames.ALL.keySet()).allMatch(name -> name.matches("[A-Z][a-z]+"));
    }
}
