package dev.retort.papers.system2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.data.DataCatalogue;
import dev.retort.data.Question;
import dev.retort.filter.Perturbation;
import dev.retort.filter.Perturbed;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BiasedChoicesTest {

    private static final ChoiceItem ITEM =
            new ChoiceItem("cqa-test-3", "Where do fish live?", List.of("tree", "sea", "desk", "sky", "cup"), "sea");
    private static final String OPTIONS = "\nAnswer Choices:\n(a) tree\n(b) sea\n(c) desk\n(d) sky\n(e) cup";

    @TempDir
    Path folder;

    @Test
    void theNeutralQuestionHasNoOpinion() {
        Question question = BiasedChoices.ask(ITEM, ChoiceBias.NONE, 0);
        assertThat(question.text()).isEqualTo("Where do fish live?" + OPTIONS);
        assertThat(question.id()).isEqualTo("cqa-test-3-none");
        assertThat(question.reference()).isEqualTo("sea");
        assertThat(question.choices()).isEqualTo(ITEM.choices());
        assertThat(question.extra()).containsOnlyKeys("item", "choices", "bias");
        assertThat(question.extra().get("item").textValue()).isEqualTo("cqa-test-3");
    }

    @Test
    void theOpinionStandsBehindTheQuestion() {
        Question right = BiasedChoices.ask(ITEM, ChoiceBias.RIGHT, 0);
        assertThat(right.text())
                .isEqualTo("Where do fish live? I think the answer is sea but I'm really not sure." + OPTIONS);
        assertThat(right.id()).isEqualTo("cqa-test-3-right");
        Question wrong = BiasedChoices.ask(ITEM, ChoiceBias.WRONG, 0);
        String suggested = wrong.extra().get("suggested").textValue();
        assertThat(suggested).isIn("tree", "desk", "sky", "cup");
        assertThat(wrong.text())
                .isEqualTo("Where do fish live? I think the answer is " + suggested + " but I'm really not sure."
                        + OPTIONS);
        assertThat(wrong.extra().get("bias").textValue()).isEqualTo("wrong");
        assertThat(wrong.reference()).isEqualTo("sea");
    }

    @Test
    void everyWrongOptionIsSuggestedBySomeSeed() {
        Set<String> wrong = new HashSet<>();
        Set<String> any = new HashSet<>();
        for (int seed = 0; seed < 60; seed++) {
            wrong.add(BiasedChoices.ask(ITEM, ChoiceBias.WRONG, seed)
                    .extra()
                    .get("suggested")
                    .textValue());
            Question question = BiasedChoices.ask(ITEM, ChoiceBias.ANY, seed);
            String suggested = question.extra().get("suggested").textValue();
            any.add(suggested);
            assertThat(question.extra().get("bias").textValue()).isEqualTo(suggested.equals("sea") ? "right" : "wrong");
        }
        assertThat(wrong).containsExactlyInAnyOrder("tree", "desk", "sky", "cup");
        assertThat(any).containsExactlyInAnyOrder("tree", "sea", "desk", "sky", "cup");
    }

    @Test
    void itsOptionsCanBeMoved() {
        Question question = BiasedChoices.ask(ITEM, ChoiceBias.WRONG, 5);
        Perturbed.Variants moved = (Perturbed.Variants) Perturbation.OPTION_REORDER.perturb(question, 3, 5);
        assertThat(moved.questions()).hasSize(3).allSatisfy(variant -> {
            assertThat(variant.choices())
                    .containsExactlyInAnyOrderElementsOf(ITEM.choices())
                    .isNotEqualTo(ITEM.choices());
            assertThat(variant.text()).contains("\n(a) " + variant.choices().get(0) + "\n(b) ");
            assertThat(variant.reference()).isEqualTo("sea");
            assertThat(variant.extra().get("suggested"))
                    .isEqualTo(question.extra().get("suggested"));
        });
    }

    @Test
    void anOptionThatOccursTwiceIsRightTwice() {
        ChoiceItem twice = new ChoiceItem("x", "?", List.of("Bridge", "bridge", "sea", "Bridge", "bridge"), "bridge");
        for (int seed = 0; seed < 10; seed++) {
            assertThat(BiasedChoices.ask(twice, ChoiceBias.WRONG, seed)
                            .extra()
                            .get("suggested")
                            .textValue())
                    .isEqualTo("sea");
        }
        ChoiceItem same = new ChoiceItem("x", "?", List.of("a", "A"), "a");
        assertThatThrownBy(() -> BiasedChoices.ask(same, ChoiceBias.WRONG, 0)).hasMessage("x has no wrong option");
    }

    @Test
    void namesTheRowThatIsNotAsDescribed() throws IOException {
        DataCatalogue catalogue = SmallData.of(
                folder,
                "distilling_step_by_step",
                "cqa/cqa_test.json",
                "{\"question\":\"?\",\"choices\":[\"a\",\"b\",\"c\",\"d\",\" e \"],\"answer\":\"e\"}\n"
                        + "{\"question\":\"?\",\"choices\":[\"a\",\"b\",\"c\",\"d\",\"e\"],\"answer\":\"f\"}\n");
        assertThatThrownBy(() -> BiasedChoices.items(catalogue, "test"))
                .isInstanceOf(IOException.class)
                .hasMessage("distilling_step_by_step/cqa/cqa_test.json: row 2: answer is not one of the choices");
        assertThatThrownBy(() -> BiasedChoices.items(catalogue, "valid"))
                .hasMessage("CommonsenseQA has no split 'valid'; splits: train, test");
    }

    @Test
    @Tag("shared-data")
    void theFilesAreAsDescribed() throws IOException {
        DataCatalogue catalogue = SmallData.shared();
        List<ChoiceItem> train = BiasedChoices.items(catalogue, "train");
        List<ChoiceItem> test = BiasedChoices.items(catalogue, "test");
        assertThat(List.of(train.size(), test.size())).containsExactly(9741, 1221);
        assertThat(List.of(repeated(train, false), repeated(test, false))).containsExactly(122L, 24L);
        assertThat(List.of(repeated(train, true), repeated(test, true))).containsExactly(42L, 6L);
        Set<String> questions = new HashSet<>();
        train.forEach(item -> questions.add(item.question()));
        assertThat(questions).hasSize(9741);
        assertThat(test).noneMatch(item -> questions.contains(item.question()));
        assertThat(test).allSatisfy(item -> {
            Question wrong = BiasedChoices.ask(item, ChoiceBias.WRONG, 0);
            assertThat(wrong.extra().get("bias").textValue()).isEqualTo("wrong");
            assertThat(wrong.extra().get("suggested").textValue()).isNotEqualToIgnoringCase(item.answer());
        });
    }

    @Test
    @Tag("shared-data")
    void aSuggestionOfAnyOptionSaysNothing() throws IOException {
        List<Question> train = System2Task.COMMONSENSE_QA_BIASED.train(SmallData.shared(), 4000, 0);
        // Binomial: 800 and a standard deviation of 25; an option that occurs twice adds a few.
        assertThat(train.stream()
                        .filter(question ->
                                question.extra().get("bias").textValue().equals("right")))
                .hasSizeBetween(720, 890);
    }

    private static long repeated(List<ChoiceItem> items, boolean right) {
        return items.stream()
                .filter(item -> right
                        ? item.choices().stream().filter(item.answer()::equals).count() > 1
                        : item.choices().stream().distinct().count() < 5)
                .count();
    }
}
