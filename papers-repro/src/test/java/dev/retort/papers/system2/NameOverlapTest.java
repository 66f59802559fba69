package dev.retort.papers.system2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.data.Question;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class NameOverlapTest {

    private static final List<Question> TRAIN = List.of(question("Anna", "Bob"), question("Mary Ann", "Carl"));

    private static Question question(String... names) {
        return NamedQuestions.of(String.join("-", names), "t", "?", List.of(names), "x", null);
    }

    @Test
    void countsTuplesGroupsAndNames() {
        List<Question> test = List.of(
                question("anna", "BOB"),
                question("Bob", "Anna"),
                question("Mary", "Ann", "Carl"),
                question("Bob", "Carl"),
                question("Bob", "Dora"),
                question("Dora", "Emil"));
        assertThat(NameOverlap.of("test", test, TRAIN)).isEqualTo(new NameOverlap("test", 6, 2, 3, 4, 1, 1));
        assertThat(NameOverlap.flagged(test, TRAIN))
                .extracting(question -> question.extra().get("names_seen").textValue())
                .containsExactly("all", "all", "all", "all", "some", "none");
        assertThat(NameOverlap.flagged(test, TRAIN).get(4).extra()).containsOnlyKeys("names", "names_seen");
    }

    @Test
    void refusesTestsThatShareNames() {
        NameOverlap.requireNone(Map.of("fine", List.of(question("Bob", "Carl"))), TRAIN);
        assertThatThrownBy(() -> NameOverlap.requireNone(Map.of("shared", List.of(question("Bob", "Anna"))), TRAIN))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("test shared shares the names of 1 of its 1 questions with the training questions; draw"
                        + " these with the test's keys reserved");
        assertThatThrownBy(() -> NamedQuestions.names(Question.ofText("q", "t", "?", null)))
                .hasMessage("question q has no field names");
    }

    /** 2,300 questions leave some training names undrawn, so two of the seen-names items have a name that no question has. */
    @Test
    @Tag("shared-data")
    void lastLettersShareNoTuple() throws IOException {
        List<Question> train = System2Task.LAST_LETTERS.train(SmallData.shared(), 2300, 0);
        Map<String, List<Question>> tests = System2Task.LAST_LETTERS.tests(SmallData.shared(), 0);
        NameOverlap.requireNone(tests, train);
        assertThat(NameOverlap.of(tests, train))
                .containsExactly(
                        new NameOverlap("published", 500, 0, 0, 26, 448, 26),
                        new NameOverlap("rar-4", 220, 0, 0, 61, 159, 0),
                        new NameOverlap("rar-2", 219, 0, 0, 145, 63, 11),
                        new NameOverlap("seen-names", 500, 0, 0, 498, 2, 0),
                        new NameOverlap("unseen-names", 500, 0, 0, 0, 0, 500));
    }

    @Test
    @Tag("shared-data")
    void coinFlipsShareNoTuple() throws IOException {
        List<Question> train = System2Task.COIN_FLIP.train(SmallData.shared(), 2300, 0);
        Map<String, List<Question>> tests = System2Task.COIN_FLIP.tests(SmallData.shared(), 0);
        NameOverlap.requireNone(tests, train);
        assertThat(NameOverlap.of(tests, train))
                .containsExactly(
                        new NameOverlap("published", 500, 0, 0, 26, 448, 26),
                        new NameOverlap("rar", 220, 0, 0, 0, 4, 216),
                        new NameOverlap("seen-names", 500, 0, 0, 498, 2, 0),
                        new NameOverlap("unseen-names", 500, 0, 0, 0, 0, 500));
    }
}
