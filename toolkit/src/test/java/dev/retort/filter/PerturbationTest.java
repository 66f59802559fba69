package dev.retort.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.retort.answer.AnswerText;
import dev.retort.data.Question;
import dev.retort.data.Rows;
import dev.retort.data.SamplingParams;
import dev.retort.teacher.ScriptedTeacher;
import dev.retort.teacher.TeacherException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class PerturbationTest {

    private static final Set<Perturbation> MADE_HERE = EnumSet.complementOf(EnumSet.of(Perturbation.REPHRASE));

    @Test
    void hasNames() {
        assertThat(Arrays.stream(Perturbation.values()).map(Perturbation::title))
                .containsExactly("option-reorder", "name-swap", "clause-reorder", "response-order-swap", "rephrase");
        for (Perturbation kind : Perturbation.values()) {
            assertThat(Perturbation.fromName(kind.title())).isEqualTo(kind);
        }
        assertThatThrownBy(() -> Perturbation.fromName("name-swop"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("no perturbation is named name-swop; did you mean name-swap? There are option-reorder,"
                        + " name-swap, clause-reorder, response-order-swap, rephrase");
    }

    @Test
    void variantsDependOnSeedKindQuestionAndNumberOnly() {
        Question question = Variants.coin(
                "q", "Ada flips the coin.", "Bo flips the coin.", "Cy flips the coin.", "Dee does not flip the coin.");
        for (Perturbation kind : List.of(Perturbation.NAME_SWAP, Perturbation.CLAUSE_REORDER)) {
            List<Question> three = Variants.made(kind, question, 3);
            assertThat(Variants.made(kind, question, 3)).isEqualTo(three);
            assertThat(Variants.made(kind, question, 2)).isEqualTo(three.subList(0, 2));
            Question renamed = new Question("r", "other", question.messages(), null, Map.of());
            assertThat(Variants.made(kind, renamed, 3))
                    .extracting(Question::text)
                    .isNotEqualTo(three.stream().map(Question::text).toList());
            Perturbed otherSeed = kind.perturb(question, 3, Variants.SEED + 1);
            assertThat(((Perturbed.Variants) otherSeed).questions()).isNotEqualTo(three);
        }
    }

    @Test
    void aVariantIsNotPerturbedAgain() {
        Question variant = Variants.made(Perturbation.OPTION_REORDER, Variants.choice("q", null), 1)
                .get(0);
        assertThat(Perturbation.isVariant(variant)).isTrue();
        assertThat(Perturbation.originalId(variant)).isEqualTo("q");
        for (Perturbation kind : Perturbation.values()) {
            assertThat(Variants.reason(kind, variant)).isEqualTo("already-perturbed");
        }
    }

    @Test
    void refusesCountsWithoutMeaning() {
        assertThatThrownBy(() -> Perturbation.NAME_SWAP.perturb(Samples.QUESTION, 0, 1))
                .hasMessage("a question can have 1 to 100 variants of a kind, not 0");
        assertThatThrownBy(() -> Perturbation.NAME_SWAP.perturb(Samples.QUESTION, 101, 1))
                .hasMessage("a question can have 1 to 100 variants of a kind, not 101");
    }

    @Test
    void rowsThatAreNoVariantsAreErrorsOfOneLine() {
        assertThatThrownBy(() -> Perturbation.originalAnswer(Samples.QUESTION, "2"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("question q1: question q1 has no text field perturbation, so it is no variant of another");
        assertThatThrownBy(() -> Perturbation.originalId(row("{\"perturbed_from\":3}")))
                .hasMessage("question v has no text field perturbed_from, so it is no variant of another");
        assertThatThrownBy(() -> Perturbation.originalAnswer(row("{\"perturbation\":\"rephrased\"}"), "2"))
                .hasMessageStartingWith("question v: no perturbation is named rephrased; did you mean rephrase?");
        Question list = row("{\"perturbation\":\"option-reorder\",\"answer_map\":[\"a\"]}");
        assertThatThrownBy(() -> Perturbation.originalAnswer(list, "a"))
                .hasMessage("question v: answer_map must be an object of texts, from the variant's answers to the"
                        + " original's");
    }

    private static Question row(String extra) {
        return Rows.parse(
                "{\"id\":\"v\",\"task\":\"t\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],"
                        + extra.substring(1),
                Question.class);
    }

    @Test
    void aFieldThatTellsTheAnswerIsNotAdded() {
        Question question = new Question(
                "q",
                "t",
                Variants.choice("q", null).messages(),
                "a",
                Map.of("choices", Variants.choice("q", null).extra().get("choices"), "source", TextNode.valueOf("s")));
        Question variant =
                Variants.made(Perturbation.OPTION_REORDER, question, 1).get(0);
        assertThat(variant.extra())
                .containsOnlyKeys("choices", "source", "perturbed_from", "perturbation", "answer_map");
    }

    @Test
    void variantsOfCoinFlipsHaveTheSameAnswer() throws TeacherException {
        List<Question> questions = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            List<String> turns = new ArrayList<>();
            for (int j = 0; j <= i % 5; j++) {
                turns.add("Person" + (char) ('A' + j)
                        + ((i >> j) % 2 == 0 ? " flips the coin." : " does not flip the coin."));
            }
            questions.add(Variants.coin("q" + i, turns.toArray(String[]::new)));
        }
        // 3 variants with other names each; of 1 to 5 turns in turn, 0, 1, 3, 3 and 3 in another order.
        assertThat(sameAnswers(ScriptedTeacher.of("coin-flip", 0), questions, 3))
                .isEqualTo(200);
    }

    /** How many variants there were. */
    private static int sameAnswers(ScriptedTeacher teacher, List<Question> questions, int count)
            throws TeacherException {
        int variants = 0;
        for (Question question : questions) {
            String answer = answer(teacher, question);
            for (Perturbation kind : MADE_HERE) {
                if (kind.perturb(question, count, 11) instanceof Perturbed.Variants made) {
                    for (Question variant : made.questions()) {
                        assertThat(Perturbation.originalAnswer(variant, answer(teacher, variant)))
                                .as(variant.text())
                                .isEqualTo(answer);
                        assertThat(variant.messages()).isNotEqualTo(question.messages());
                        variants++;
                    }
                }
            }
        }
        return variants;
    }

    private static String answer(ScriptedTeacher teacher, Question question) throws TeacherException {
        return teacher.sample(question, SamplingParams.none(), List.of(0))
                .get(0)
                .answer();
    }

    @Test
    @Tag("shared-data")
    void publishedCoinFlipsKeepTheirAnswers() throws IOException, TeacherException {
        ScriptedTeacher teacher = ScriptedTeacher.of("coin-flip", 0);
        List<Question> coins = published("coin_flip/coin_flip.json", "examples");
        assertThat(coins).hasSize(500);
        assertThat(sameAnswers(teacher, coins, 2)).isGreaterThan(1900);
        List<Question> lower = published("rar/coin_val_gpt-4.json", null);
        assertThat(sameAnswers(teacher, lower, 2)).isGreaterThan(620);
        for (Question coin : coins) {
            Perturbed.Variants made = (Perturbed.Variants) Perturbation.CLAUSE_REORDER.perturb(coin, 1, 3);
            assertThat(made.questions().get(0).reference()).isEqualTo(answer(teacher, coin));
        }
    }

    @Test
    @Tag("shared-data")
    void publishedLastLettersAreNotPerturbed() throws IOException {
        PerturbedQuestions made =
                PerturbedQuestions.of(published("last_letters/last_letters.json", "examples"), MADE_HERE, 2, 5);
        assertThat(made.variants()).isEmpty();
        assertThat(made.notApplied())
                .containsEntry("option-reorder: no-choices", 500)
                .containsEntry("clause-reorder: no-coin-flip", 500)
                .containsEntry("response-order-swap: no-two-responses", 500);
        assertThat(made.notApplied().getOrDefault("name-swap: names-in-quotes", 0)
                        + made.notApplied().getOrDefault("name-swap: no-names", 0))
                .isEqualTo(500);
    }

    @Test
    @Tag("shared-data")
    void publishedCommonsenseQuestionsAreReordered() throws IOException {
        List<Question> questions = new ArrayList<>();
        List<String> lines = Files.readAllLines(data().resolve("distilling_step_by_step/cqa/cqa_test.json"));
        for (String line : lines) {
            JsonNode row = Rows.mapper().readTree(line);
            StringBuilder text = new StringBuilder(row.get("question").textValue()).append("\nAnswer Choices:");
            for (int i = 0; i < row.get("choices").size(); i++) {
                text.append("\n(")
                        .append((char) ('a' + i))
                        .append(") ")
                        .append(row.get("choices").get(i).textValue());
            }
            questions.add(new Question(
                    row.get("id").textValue(),
                    "cqa",
                    Question.ofText("x", "x", text.toString(), null).messages(),
                    row.get("answer").textValue(),
                    Map.of("choices", row.get("choices"))));
        }
        PerturbedQuestions made = PerturbedQuestions.of(questions, Set.of(Perturbation.OPTION_REORDER), 2, 5);
        assertThat(made.questions()).isEqualTo(1221);
        assertThat(made.perturbed()).isGreaterThan(1150);
        assertThat(made.variants()).hasSize(2 * made.perturbed());
        for (Question variant : made.variants()) {
            List<String> choices = Variants.texts(variant, "choices");
            assertThat(choices.stream().map(AnswerText::relaxed)).contains(AnswerText.relaxed(variant.reference()));
            assertThat(variant.text()).endsWith("\n(e) " + choices.get(4));
        }
    }

    private static Path data() {
        String folder = System.getenv("RETORT_DATA");
        Assumptions.assumeTrue(folder != null, "RETORT_DATA is not set: needs shared data");
        return Path.of(folder);
    }

    /** The questions of a file of the published tasks. */
    private static List<Question> published(String file, String field) throws IOException {
        JsonNode tree = Rows.mapper().readTree(Files.readString(data().resolve(file)));
        List<Question> questions = new ArrayList<>();
        for (JsonNode row : field == null ? tree : tree.get(field)) {
            questions.add(Question.ofText(
                    file + "-" + questions.size(),
                    "published",
                    row.get("question").textValue(),
                    row.get("answer").textValue()));
        }
        return questions;
    }
}
