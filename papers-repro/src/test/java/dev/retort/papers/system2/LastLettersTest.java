package dev.retort.papers.system2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.data.DataCatalogue;
import dev.retort.data.Message;
import dev.retort.data.Question;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LastLettersTest {

    @TempDir
    Path folder;

    @Test
    void drawsQuestionsWithTheirAnswers() {
        List<Question> questions = LastLetters.draw(NameUse.TRAIN, 50, 4, 0, Set.of());
        assertThat(questions).hasSize(50).allSatisfy(question -> {
            List<String> names = NamedQuestions.names(question);
            assertThat(question.text())
                    .isEqualTo("Take the last letters of the words in \"" + String.join(" ", names)
                            + "\" and concatenate them.");
            assertThat(question.reference()).hasSize(4);
            for (int i = 0; i < 4; i++) {
                assertThat(names.get(i)).endsWith(question.reference().substring(i, i + 1));
            }
        });
        assertThat(questions.get(7).id()).isEqualTo("last-letters-train-4-7");
        assertThat(LastLetters.draw(NameUse.TRAIN, 50, 4, 0, Set.of())).isEqualTo(questions);
    }

    @Test
    void theLastLetterMayBeOutsideTheBasicPlane() {
        assertThat(LastLetters.answer(List.of("Ann", "\ud835\udc00", "Ren\u00e9")))
                .isEqualTo("n\ud835\udc00\u00e9");
    }

    @Test
    void keepsAPublishedAnswerThatIsNotOurs() throws IOException {
        DataCatalogue catalogue = SmallData.of(
                folder,
                "last_letters",
                "last_letters.json",
                "{\"examples\":[{\"question\":\"Take the last letters of each words in \\\"Anna Bob\\\" and concatenate"
                        + " them.\",\"answer\":\"ab\"},{\"question\":\"Take the last letters of each words in \\\"Mary"
                        + " Ann Lee\\\" and concatenate them.\",\"answer\":\"ne\"}]}");
        List<Question> questions = LastLetters.published(catalogue);
        assertThat(questions.get(0).reference()).isEqualTo("ab");
        assertThat(questions.get(0).extra()).containsOnlyKeys("names");
        assertThat(questions.get(1).reference()).isEqualTo("yne");
        assertThat(questions.get(1).extra().get("published_answer").textValue()).isEqualTo("ne");
        assertThat(NamedQuestions.names(questions.get(1))).containsExactly("Mary", "Ann", "Lee");
    }

    @Test
    void namesTheRowThatIsNotAsDescribed() throws IOException {
        for (String question : List.of(
                "Which letters?", "Take the last letters of the words in \\\" \\\" and" + " concatenate them.")) {
            DataCatalogue catalogue = SmallData.of(
                    folder,
                    "rar",
                    "last_letter_concatenation_gpt-4.json",
                    "[{\"question\":\"" + question + "\",\"answer\":\"x\"}]");
            assertThatThrownBy(() -> LastLetters.rar(catalogue, 2))
                    .isInstanceOf(IOException.class)
                    .hasMessage("rar/last_letter_concatenation_gpt-4.json: row 1: question is not: Take the last"
                            + " letters of the words in \"A B\" and concatenate them.");
        }
        DataCatalogue noArray = SmallData.of(folder, "last_letters", "last_letters.json", "{\"rows\":[]}");
        assertThatThrownBy(() -> LastLetters.published(noArray))
                .hasMessage("last_letters/last_letters.json: not a JSON array of rows in examples");
        DataCatalogue noText = SmallData.of(folder, "last_letters", "last_letters.json", "{\"examples\":[{}]}");
        assertThatThrownBy(() -> LastLetters.published(noText))
                .hasMessage("last_letters/last_letters.json: row 1: question is missing or not a text");
        DataCatalogue noJson = SmallData.of(folder, "last_letters", "last_letters.json", "{\"examples\":");
        assertThatThrownBy(() -> LastLetters.published(noJson))
                .hasMessageStartingWith("last_letters/last_letters.json: not JSON: ");
        assertThatThrownBy(() -> LastLetters.rar(noJson, 3))
                .hasMessage("Rephrase and Respond published items of 2 and of 4 words, not of 3");
    }

    @Test
    @Tag("shared-data")
    void publishedAnswersAreOursButForNamesOfTwoWords() throws IOException {
        DataCatalogue catalogue = SmallData.shared();
        List<Question> published = LastLetters.published(catalogue);
        List<Question> two = LastLetters.rar(catalogue, 2);
        List<Question> four = LastLetters.rar(catalogue, 4);
        assertThat(List.of(published.size(), two.size(), four.size())).containsExactly(500, 219, 220);
        assertThat(List.of(
                        differing(published).size(),
                        differing(two).size(),
                        differing(four).size()))
                .containsExactly(15, 0, 2);
        assertThat(two).allMatch(question -> NamedQuestions.names(question).size() == 2);
        for (List<Question> questions : List.of(published, four)) {
            assertThat(questions)
                    .allMatch(question -> NamedQuestions.names(question).size()
                            == (question.extra().containsKey("published_answer") ? 5 : 4));
            assertThat(differing(questions))
                    .allMatch(question ->
                            question.extra().get("published_answer").textValue().length() == 4);
        }
    }

    @Test
    @Tag("shared-data")
    void theCoinFlipsNamesExplainThePublishedAnswers() throws IOException {
        DataCatalogue catalogue = SmallData.shared();
        List<Question> letters = LastLetters.published(catalogue);
        List<Question> flips = CoinFlip.published(catalogue);
        for (int i = 0; i < letters.size(); i++) {
            List<String> names = NamedQuestions.names(flips.get(i));
            assertThat(names).as(letters.get(i).id()).hasSize(4);
            assertThat(String.join(" ", names)).isEqualTo(String.join(" ", NamedQuestions.names(letters.get(i))));
            Question letter = letters.get(i);
            String published = letter.extra().containsKey("published_answer")
                    ? letter.extra().get("published_answer").textValue()
                    : letter.reference();
            assertThat(LastLetters.answer(names)).as(letter.id()).isEqualTo(published);
        }
    }

    private static List<Question> differing(List<Question> questions) {
        List<Question> differing = new ArrayList<>();
        for (Question question : questions) {
            if (question.extra().containsKey("published_answer")) {
                differing.add(question);
            }
        }
        return differing;
    }

    @Test
    void aQuestionHasOneUserTurn() {
        assertThat(LastLetters.draw(NameUse.UNSEEN_NAMES, 1, 2, 3, Set.of())
                        .get(0)
                        .messages())
                .extracting(Message::role)
                .containsExactly("user");
    }
}
