package dev.retort.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class QuestionTest {

    private static Question with(String choices) {
        return Rows.parse(
                "{\"id\":\"q1\",\"task\":\"t\",\"messages\":[{\"role\":\"user\",\"content\":\"Where?\"}]" + choices
                        + "}",
                Question.class);
    }

    @Test
    void choicesAreTheFieldOfThatName() {
        assertThat(with(",\"choices\":[\"lake\",\"\"]").choices()).containsExactly("lake", "");
        assertThat(with(",\"choices\":[]").choices()).isEmpty();
        assertThat(with(",\"choices\":null").choices()).isEmpty();
        assertThat(with("").choices()).isEmpty();
    }

    @Test
    void choicesThatAreNoTextsAreAnError() {
        for (String field : new String[] {"\"lake\"", "[\"lake\",1]", "{\"a\":\"lake\"}", "[[\"lake\"]]", "[null]"}) {
            assertThatThrownBy(() -> with(",\"choices\":" + field).choices())
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("question q1: the field choices must be an array of texts");
        }
    }

    @Test
    void choicesAreNoFieldOfTheirOwn() {
        String line =
                "{\"id\":\"q1\",\"task\":\"t\",\"messages\":[{\"role\":\"user\",\"content\":\"Where?\"}],\"choices\":[\"a\"]}";
        assertThat(Rows.format(Rows.parse(line, Question.class))).isEqualTo(line);
    }
}
