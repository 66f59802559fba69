package dev.retort.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RowsTest {

    private static final String QUESTION =
            "{\"id\":\"q1\",\"task\":\"svamp\",\"messages\":[{\"role\":\"user\",\"content\":\"1+1?\"}],"
                    + "\"reference\":\"2\"}";

    @Test
    void aQuestionRoundTrips() {
        Question question = Rows.parse(QUESTION, Question.class);

        assertThat(question).isEqualTo(Question.ofText("q1", "svamp", "1+1?", "2"));
        assertThat(Rows.format(question)).isEqualTo(QUESTION);
    }

    @Test
    void unknownFieldsSurviveTheRoundTripInTheirOrder() {
        String line = QUESTION.replace("}],", "}],\"z\":{\"a\":[1,2.50,null]},\"extra\":\"own\",\"sampleIndex\":1,");

        Question question = Rows.parse(line, Question.class);

        assertThat(question.extra().keySet()).containsExactly("z", "extra", "sampleIndex");
        String written = Rows.format(question);
        assertThat(written)
                .isEqualTo(QUESTION.substring(0, QUESTION.length() - 1)
                        + ",\"z\":{\"a\":[1,2.5,null]},\"extra\":\"own\",\"sampleIndex\":1}");
        assertThat(Rows.parse(written, Question.class)).isEqualTo(question);
    }

    @Test
    void aSampleKeepsItsNullAnswerAndLeavesOutOtherNulls() {
        TeacherSample sample = new TeacherSample(
                "q1",
                "svamp",
                List.of(Message.user("1+1?")),
                0,
                "so the",
                null,
                null,
                TeacherSample.LENGTH,
                "scripted",
                SamplingParams.greedy(2),
                new TokenUsage(3, 2, 1),
                Map.of());

        String line = Rows.format(sample);

        assertThat(line)
                .isEqualTo("{\"id\":\"q1\",\"task\":\"svamp\",\"messages\":[{\"role\":\"user\",\"content\":\"1+1?\"}],"
                        + "\"sample_index\":0,\"text\":\"so the\",\"answer\":null,\"finish_reason\":\"length\","
                        + "\"teacher\":\"scripted\",\"params\":{\"temperature\":0.0,\"max_tokens\":2},"
                        + "\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2,\"samples_in_request\":1}}");
        assertThat(Rows.parse(line, TeacherSample.class)).isEqualTo(sample);
    }

    @Test
    void otherRowsRoundTrip() {
        Example example = new Example("e1", "p", "c", "rationale", List.of("q1", "q1#0"));
        Failure failure = new Failure("q1", 2, "HTTP 500", 3, Question.ofText("q1", "t", "x", null), Map.of());
        Malformed malformed = new Malformed("f.jsonl", 7, "not JSON", "{");

        assertThat(Rows.parse(Rows.format(example), Example.class)).isEqualTo(example);
        assertThat(Rows.parse(Rows.format(failure), Failure.class)).isEqualTo(failure);
        assertThat(Rows.parse(Rows.format(malformed), Malformed.class)).isEqualTo(malformed);
        assertThat(Rows.parse("{\"id\":\"e\",\"prompt\":\"p\",\"completion\":\"c\"}", Example.class))
                .isEqualTo(new Example("e", "p", "c", "answer", List.of()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "[]",
                "\"x\"",
                "{",
                "{\"id\":\"q1\"}",
                "{\"id\":\" \",\"task\":\"t\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}",
                "{\"id\":\"a\",\"task\":\"t\",\"messages\":[]}",
                "{\"id\":\"a\",\"task\":\"t\",\"messages\":[null]}",
                "{\"id\":\"a\",\"task\":\"t\",\"messages\":[{\"role\":\"user\"}]}",
                "{\"id\":\"a\",\"task\":\"t\",\"messages\":\"x\"}",
                "{\"id\":\"a\",\"id\":\"b\",\"task\":\"t\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}",
                "{\"id\":\"a\",\"task\":\"t\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]} trailing"
            })
    void whatIsNoQuestionIsOneLine(String line) {
        assertThatThrownBy(() -> Rows.parse(line, Question.class))
                .isInstanceOf(IllegalArgumentException.class)
                .message()
                .isNotBlank()
                .doesNotContain("\n");
    }

    @Test
    void hostileDepthAndLengthAreRefused() {
        String deep = QUESTION.replace("\"2\"", "[".repeat(100_000) + "]".repeat(100_000));
        assertThatThrownBy(() -> Rows.parse(deep, Question.class))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("depth");
        String atTheLimit = "{\"x\":" + "[".repeat(199) + "]".repeat(199) + "," + QUESTION.substring(1);
        assertThat(Rows.parse(atTheLimit, Question.class).id()).isEqualTo("q1");
        assertThatThrownBy(() -> Rows.parse(" ".repeat(Rows.LINE_LIMIT + 1), Question.class))
                .hasMessage("line is longer than " + Rows.LINE_LIMIT + " characters");
    }

    @Test
    void canonicalTextSortsKeysAtEveryLevel() throws JsonProcessingException {
        assertThat(Rows.canonical(Rows.mapper().readTree("{\"b\":[{\"d\":1,\"c\":\"x\\\"\"}],\"a\":null}")))
                .isEqualTo("{\"a\":null,\"b\":[{\"c\":\"x\\\"\",\"d\":1}]}");
    }
}
