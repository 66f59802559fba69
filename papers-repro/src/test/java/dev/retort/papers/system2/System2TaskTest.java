package dev.retort.papers.system2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.data.DataCatalogue;
import dev.retort.data.Question;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class System2TaskTest {

    @Test
    void namesAndCuts() {
        assertThat(System2Task.values())
                .extracting(System2Task::title)
                .containsExactly(
                        "last-letters", "coin-flip", "commonsense-qa-biased", "trivia-biased", "judge", "gsm8k");
        assertThat(System2Task.values())
                .extracting(task -> task.answerCut().name())
                .containsExactly("LETTERS", "YES_NO", "CHOICE", "SHORT", "VERDICT", "LAST_NUMBER");
        assertThat(Arrays.stream(System2Task.values()).map(task -> System2Task.of(task.title())))
                .containsExactly(System2Task.values());
        assertThatThrownBy(() -> System2Task.of("letters"))
                .hasMessage("no task 'letters'; tasks: last-letters, coin-flip, commonsense-qa-biased,"
                        + " trivia-biased, judge, gsm8k");
    }

    @Test
    void scores() {
        assertThat(score(System2Task.LAST_LETTERS, " \"YAJO\". ", "yajo")).isEqualTo(1);
        assertThat(score(System2Task.LAST_LETTERS, "the answer is yajo", "yajo"))
                .isZero();
        assertThat(score(System2Task.COIN_FLIP, "Yes.", "yes")).isEqualTo(1);
        assertThat(score(System2Task.COMMONSENSE_QA_BIASED, "Math problem", "math problem"))
                .isEqualTo(1);
        assertThat(score(System2Task.TRIVIA_BIASED, "It was Mark Twain.", "Clemens", "mark twain"))
                .isEqualTo(1);
        assertThat(score(System2Task.TRIVIA_BIASED, "Twain", "Clemens", "mark twain"))
                .isZero();
        assertThat(score(System2Task.JUDGE, "[[B]]", "B")).isEqualTo(1);
        assertThat(score(System2Task.JUDGE, "C", "B")).isZero();
        assertThat(score(System2Task.JUDGE, "", "B")).isZero();
        assertThat(score(System2Task.GSM8K, "1,080.00", "1080")).isEqualTo(1);
        assertThat(score(System2Task.GSM8K, "108", "1080")).isZero();
        assertThat(System2Task.references(Question.ofText("q", "t", "?", "r"))).containsExactly("r");
    }

    private static double score(System2Task task, String prediction, String... references) {
        return task.scorer().score(prediction, List.of(references));
    }

    @Test
    @Tag("shared-data")
    void testsHaveTheSizesTheySay() throws IOException {
        DataCatalogue catalogue = SmallData.shared();
        assertThat(sizes(System2Task.LAST_LETTERS.tests(catalogue, 0)))
                .containsExactly("published 500", "rar-4 220", "rar-2 219", "seen-names 500", "unseen-names 500");
        assertThat(sizes(System2Task.COIN_FLIP.tests(catalogue, 0)))
                .containsExactly("published 500", "rar 220", "seen-names 500", "unseen-names 500");
        assertThat(sizes(System2Task.COMMONSENSE_QA_BIASED.tests(catalogue, 0)))
                .containsExactly("neutral 1221", "wrong 1221", "right 1221");
        assertThat(sizes(System2Task.TRIVIA_BIASED.tests(catalogue, 0)))
                .containsExactly("none 500", "suggest-incorrect 500", "doubt-correct 500", "suggest-correct 500");
        assertThat(sizes(System2Task.GSM8K.tests(catalogue, 0))).containsExactly("test 1319");
        assertThat(sizes(System2Task.JUDGE.tests(catalogue, 0))).containsExactly("oasst 776");
    }

    @Test
    @Tag("shared-data")
    void trainingQuestionsAreOrderedAndInNoTest() throws IOException {
        DataCatalogue catalogue = SmallData.shared();
        for (System2Task task : System2Task.values()) {
            List<Question> train = task.train(catalogue, 60, 3);
            assertThat(train).as(task.title()).hasSize(task == System2Task.JUDGE ? 120 : 60);
            assertThat(train.subList(0, 20))
                    .isEqualTo(task.train(catalogue, 30, 3).subList(0, 20));
            Set<String> ids = new HashSet<>();
            Set<String> items = new HashSet<>();
            train.forEach(question -> ids.add(question.id()));
            train.forEach(question -> items.add(item(question)));
            assertThat(ids).hasSize(train.size());
            for (List<Question> test : task.tests(catalogue, 3).values()) {
                assertThat(test).as(task.title()).allSatisfy(question -> {
                    assertThat(question.task()).isEqualTo(task.title());
                    assertThat(items).doesNotContain(item(question));
                });
            }
        }
        assertThatThrownBy(() -> System2Task.TRIVIA_BIASED.train(catalogue, 501, 0))
                .hasMessage("trivia-biased has 500 training items, not 501; ask for fewer");
    }

    /** What must not be in both: the item behind a question, the conversation of a pair. */
    private static String item(Question question) {
        for (String field : List.of("item", "tree")) {
            if (question.extra().containsKey(field)) {
                return question.extra().get(field).textValue();
            }
        }
        return question.id();
    }

    private static List<String> sizes(Map<String, List<Question>> tests) {
        List<String> sizes = new ArrayList<>();
        tests.forEach((name, questions) -> sizes.add(name + " " + questions.size()));
        return sizes;
    }
}
