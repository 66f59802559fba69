package dev.retort.signal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.retort.batch.Tokenizer;
import dev.retort.data.Rows;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class VocabulariesTest {

    private static final String START = "the teacher's vocabulary has %d ids and the student's %d: ";

    @Test
    void equalVocabulariesHaveAllInCommon() throws IOException {
        try (Tokenizer teacher = Tokenizer.ofWords(List.of("a", "b"));
                Tokenizer student = Tokenizer.ofWords(List.of("a", "b"))) {
            assertThat(Vocabularies.common(8, teacher, 8, student, false)).isEqualTo(8);
            assertThat(Vocabularies.common(8, null, 8, student, false)).isEqualTo(8);
            assertThat(Vocabularies.common(8, null, 8, null, true)).isEqualTo(8);
        }
    }

    /** The sizes are those of Qwen2.5's models of 7 and of 0.5 billion weights. */
    @Test
    void paddingIsTrimmedOnRequest() throws IOException {
        try (Tokenizer teacher = Tokenizer.ofWords(List.of("a", "b"));
                Tokenizer student = Tokenizer.ofWords(List.of("a", "b"))) {
            assertThat(Vocabularies.common(152064, teacher, 151936, student, true))
                    .isEqualTo(151936);
            assertThat(Vocabularies.common(151936, teacher, 152064, student, true))
                    .isEqualTo(151936);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Vocabularies.common(152064, teacher, 151936, student, false))
                    .withMessage(START + "their tokens are the same, so trim both to 151936", 152064, 151936);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Vocabularies.common(152064, teacher, 151936, null, true))
                    .withMessage(START + "without both tokenizers padding cannot be told from tokens", 152064, 151936);
        }
    }

    @Test
    void tokensAreNeverTrimmed() throws IOException {
        try (Tokenizer teacher = Tokenizer.ofWords(List.of("a", "b"));
                Tokenizer student = Tokenizer.ofWords(List.of("a", "b"))) {
            assertThat(Vocabularies.common(9, teacher, 5, student, true)).isEqualTo(5);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Vocabularies.common(9, teacher, 4, student, true))
                    .withMessage(START + "their tokens go up to id 4, so that more than padding would be cut", 9, 4);
        }
    }

    @Test
    void anIdThatIsAnotherTokenIsNamed() throws IOException {
        try (Tokenizer teacher = Tokenizer.ofWords(List.of("a", "b"));
                Tokenizer swapped = Tokenizer.ofWords(List.of("b", "a"));
                Tokenizer longer = Tokenizer.ofWords(List.of("a", "b", "c"))) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Vocabularies.common(8, teacher, 8, swapped, true))
                    .withMessage(
                            START + "id 3 is 'a' to the teacher and 'b' to the student; choose models of one tokenizer",
                            8,
                            8);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Vocabularies.common(8, teacher, 9, longer, true))
                    .withMessage(
                            START
                                    + "id 5 is no token to the teacher and 'c' to the student; choose models of one"
                                    + " tokenizer",
                            8,
                            9);
        }
    }

    @Test
    void unigramAndAddedTokensHaveTheirIds() throws IOException {
        String json = "{\"version\":\"1.0\",\"added_tokens\":[{\"id\":2,\"content\":\"<pad>\",\"single_word\":false,"
                + "\"lstrip\":false,\"rstrip\":false,\"normalized\":false,\"special\":true}],\"model\":{\"type\":"
                + "\"Unigram\",\"unk_id\":0,\"vocab\":[[\"<unk>\",0.0],[\"a\",-1.5]]}}";
        try (Tokenizer tokenizer = Tokenizer.of(json, Rows.mapper().createObjectNode(), "test")) {
            assertThat(tokenizer.vocabulary()).isEqualTo(Map.of(0, "<unk>", 1, "a", 2, "<pad>"));
        }
    }
}
