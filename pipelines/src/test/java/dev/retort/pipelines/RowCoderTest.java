package dev.retort.pipelines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.data.Example;
import dev.retort.data.Failure;
import dev.retort.data.Malformed;
import dev.retort.data.Question;
import dev.retort.data.Row;
import dev.retort.data.Rows;
import dev.retort.data.TeacherSample;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.apache.beam.sdk.coders.CoderException;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.util.CoderUtils;
import org.apache.beam.sdk.util.SerializableUtils;
import org.apache.beam.sdk.values.TypeDescriptor;
import org.junit.jupiter.api.Test;

class RowCoderTest {

    private static <T extends Row> T copy(T row, Class<T> type) throws CoderException {
        RowCoder<T> coder = RowCoder.of(type);
        return CoderUtils.decodeFromByteArray(coder, CoderUtils.encodeToByteArray(coder, row));
    }

    @Test
    void everyRowSurvives() throws CoderException {
        Question question = Fixtures.question("q-1");
        TeacherSample sample = Fixtures.sample(question, 2, "d\u00e9j\u00e0 \ud83d\ude00");
        Failure failure = new Failure("q-1", 0, "no answer", 1, question, Map.of());
        Malformed malformed = new Malformed("questions.jsonl", 7, "not JSON", "{");
        Example example = new Example("e-1", "p", "c", "answer", 0.1, List.of("q-1"), Map.of());
        assertThat(copy(question, Question.class)).isEqualTo(question);
        assertThat(copy(sample, TeacherSample.class)).isEqualTo(sample);
        assertThat(copy(failure, Failure.class)).isEqualTo(failure);
        assertThat(copy(malformed, Malformed.class)).isEqualTo(malformed);
        assertThat(copy(example, Example.class)).isEqualTo(example);
    }

    @Test
    void unknownFieldsSurvive() throws CoderException {
        String line =
                "{\"id\":\"q-1\",\"task\":\"t\",\"messages\":[{\"role\":\"user\",\"content\":\"?\"}],\"split\":[1.5]}";
        Question question = Rows.parse(line, Question.class);
        assertThat(Rows.format(copy(question, Question.class))).isEqualTo(line);
    }

    @Test
    void aRowIsTheBytesOfItsLine() throws IOException {
        Question question = Fixtures.question("q-1");
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        StringUtf8Coder.of().encode(Rows.format(question), line);
        byte[] bytes = CoderUtils.encodeToByteArray(RowCoder.of(Question.class), question);
        assertThat(bytes).isEqualTo(line.toByteArray());
    }

    @Test
    void halfASurrogatePairSurvives() throws CoderException {
        String text = "cut \ud83d, \ude00 lone, \ud83d\ude00 whole, \ud83d";
        TeacherSample sample = Fixtures.sample(Fixtures.question("q-1"), 0, text);
        assertThat(copy(sample, TeacherSample.class)).isEqualTo(sample);
        assertThat(RowCoder.line(sample))
                .contains("\"text\":\"cut \\ud83d, \\ude00 lone, \ud83d\ude00 whole, \\ud83d\"");
    }

    @Test
    void otherBytesAreAnError() throws CoderException {
        byte[] bytes = CoderUtils.encodeToByteArray(RowCoder.of(Question.class), Fixtures.question("q-1"));
        assertThatThrownBy(() -> CoderUtils.decodeFromByteArray(RowCoder.of(TeacherSample.class), bytes))
                .isInstanceOf(CoderException.class)
                .hasMessageStartingWith("not a TeacherSample: ");
    }

    @Test
    void codersOfOneTypeAreEqual() throws Exception {
        RowCoder<Question> coder = RowCoder.of(Question.class);
        coder.verifyDeterministic();
        assertThat(SerializableUtils.clone(coder)).isEqualTo(coder).hasSameHashCodeAs(coder);
        assertThat(coder).isNotEqualTo(RowCoder.of(Failure.class));
        assertThat(coder.getEncodedTypeDescriptor()).isEqualTo(TypeDescriptor.of(Question.class));
    }
}
