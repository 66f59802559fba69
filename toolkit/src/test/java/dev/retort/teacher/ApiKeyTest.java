package dev.retort.teacher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ApiKeyTest {

    private static final String TEXT = "sk-proj-0123456789abcdefghij";

    @Test
    void comesFromTheEnvironmentAndShowsItselfToNobody() {
        ApiKey key = ApiKey.from(Map.of("OPENAI_API_KEY", " " + TEXT + "\n")).orElseThrow();
        assertThat(key.authorization()).isEqualTo("Bearer " + TEXT);
        assertThat(key).hasToString("[key]");
        assertThat(OpenAiSettings.of("m").withKey(key).toString())
                .contains("[key]")
                .doesNotContain("0123");
        assertThat(ApiKey.from(Map.of())).isEmpty();
        assertThat(ApiKey.from(Map.of("OPENAI_API_KEY", " "))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "sk-one sk-two", "sk-one\nsk-two", "sk-\u00e9"})
    void takesOnlyWhatAHeaderCanCarry(String text) {
        assertThatThrownBy(() -> ApiKey.of(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the key is blank, or holds blanks or characters that are not ASCII;"
                        + " set OPENAI_API_KEY to the key alone");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "Wrong key sk-proj-0123456789abcdefghij.|Wrong key [key].",
                "Wrong key sk-pr***************ghij.|Wrong key [key]",
                "Wrong key ****ghij given|Wrong key [key] given",
                "It ends in 89abcdefghij and begins with sk-proj-0123|It ends in [key] and begins with [key]",
                "Bearer abc is no key|[key] is no key",
                "Another's sk-live_99 is no key|Another's [key] is no key",
                "The model o1-mini takes no max_tokens|The model o1-mini takes no max_tokens"
            })
    void hidesWhatIsLikeAKey(String message, String hidden) {
        assertThat(ApiKey.hide(message, ApiKey.of(TEXT))).isEqualTo(hidden);
    }

    @Test
    void hidesKeysThatAreNotOurs() {
        assertThat(ApiKey.hide("sk-0123456 and 0123456", null)).isEqualTo("[key] and 0123456");
        assertThat(ApiKey.hide("EMPTY is empty", ApiKey.of("EMPTY"))).isEqualTo("[key] is empty");
    }
}
