package dev.retort.papers.system2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.data.DataCatalogue;
import dev.retort.data.Question;
import dev.retort.filter.Perturbation;
import dev.retort.filter.Perturbed;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CoinFlipTest {

    @TempDir
    Path folder;

    @Test
    void theNumberOfFlipsDecides() {
        List<Question> questions = CoinFlip.draw(NameUse.TRAIN, 2000, 4, 0, Set.of());
        assertThat(questions).hasSize(2000).allSatisfy(question -> {
            String text = question.text();
            assertThat(text)
                    .matches("A coin is heads up\\.( [A-Z][a-z]+ (flips|does not flip) the coin\\.){4}"
                            + " Is the coin still heads up\\? Flip means reverse\\.");
            int flips = (text.length() - text.replace(" flips", "").length()) / " flips".length();
            assertThat(question.reference()).isEqualTo(flips % 2 == 0 ? "yes" : "no");
        });
        // Binomial: 1,000 and a standard deviation of 22.
        assertThat(questions.stream().filter(question -> question.reference().equals("yes")))
                .hasSizeBetween(930, 1070);
        assertThat(questions.get(7).id()).isEqualTo("coin-flip-train-4-7");
        assertThat(CoinFlip.draw(NameUse.TRAIN, 2000, 4, 0, Set.of())).isEqualTo(questions);
    }

    @Test
    void itsPeopleCanHaveOtherNames() {
        Question question = CoinFlip.draw(NameUse.TRAIN, 1, 4, 0, Set.of()).get(0);
        Perturbed.Variants renamed = (Perturbed.Variants) Perturbation.NAME_SWAP.perturb(question, 1, 0);
        Question variant = renamed.questions().get(0);
        assertThat(NamedQuestions.names(variant))
                .hasSize(4)
                .doesNotContainAnyElementsOf(NamedQuestions.names(question));
        assertThat(variant.reference()).isEqualTo(question.reference());
    }

    @Test
    void readsBothPublishedForms() throws IOException {
        DataCatalogue catalogue = SmallData.of(
                folder,
                "rar",
                "coin_val_gpt-4.json",
                "[{\"question\":\"A coin is heads up. ana flips the coin. Mary Ann does not flip the coin.  Is the coin"
                        + " still heads up? Flip means reverse.\",\"answer\":\"no\"},{\"question\":\"A coin is heads"
                        + " up. Bob flips the coin. Is the coin still heads up? Note that \\\"flip\\\" here means"
                        + " \\\"reverse\\\".\",\"answer\":\"yes\"}]");
        List<Question> questions = CoinFlip.rar(catalogue);
        assertThat(questions).extracting(Question::reference).containsExactly("no", "no");
        assertThat(NamedQuestions.names(questions.get(0))).containsExactly("ana", "Mary Ann");
        assertThat(questions.get(0).extra()).containsOnlyKeys("names");
        assertThat(questions.get(1).extra().get("published_answer").textValue()).isEqualTo("yes");
    }

    @Test
    void refusesWhatItCannotFollow() throws IOException {
        for (String question : List.of(
                "A coin is heads up. Is the coin still heads up?",
                "A coin is heads up. Bob flips the coin.",
                "Q: A coin is heads up. Bob flips the coin. Is the coin still heads up?",
                "A coin is heads up. Bob takes the coin. Is the coin still heads up?",
                "A coin is heads up. Bob flips the coin. Is it?" + " ".repeat(5000) + "Is the coin still heads up?",
                "The coin. Bob flips the coin. Is the coin still heads up?")) {
            DataCatalogue catalogue = SmallData.of(
                    folder,
                    "coin_flip",
                    "coin_flip.json",
                    "{\"examples\":[{\"question\":\"" + question + "\",\"answer\":\"x\"}]}");
            assertThatThrownBy(() -> CoinFlip.published(catalogue))
                    .isInstanceOf(IOException.class)
                    .hasMessage("coin_flip/coin_flip.json: row 1: question is not: A coin is heads up. X flips the"
                            + " coin. Y does not flip the coin. Is the coin still heads up?");
        }
    }

    @Test
    @Tag("shared-data")
    void allPublishedAnswersAreOurs() throws IOException {
        DataCatalogue catalogue = SmallData.shared();
        List<Question> published = CoinFlip.published(catalogue);
        List<Question> rar = CoinFlip.rar(catalogue);
        assertThat(List.of(published.size(), rar.size())).containsExactly(500, 220);
        assertThat(published)
                .allMatch(question -> NamedQuestions.names(question).size() == 4);
        assertThat(rar).allMatch(question -> NamedQuestions.names(question).size() == 2);
        for (List<Question> questions : List.of(published, rar)) {
            assertThat(questions).noneMatch(question -> question.extra().containsKey("published_answer"));
        }
        assertThat(published.stream().filter(question -> question.reference().equals("yes")))
                .hasSize(253);
        assertThat(rar.stream().filter(question -> question.reference().equals("yes")))
                .hasSize(120);
    }
}
