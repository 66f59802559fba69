package dev.retort.teacher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.data.Rows;
import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OpenAiSettingsTest {

    @Test
    void defaults() {
        assertThat(OpenAiSettings.of("gpt-4o"))
                .isEqualTo(new OpenAiSettings(
                        URI.create("https://api.openai.com/v1"),
                        "gpt-4o",
                        null,
                        Duration.ofMinutes(2),
                        16777216,
                        null,
                        null,
                        null));
    }

    @Test
    void settingsComeInAnyOrder() {
        ObjectNode schema = Rows.mapper().createObjectNode().put("type", "object");
        ApiKey key = ApiKey.of("k");
        OpenAiSettings settings = OpenAiSettings.of("m")
                .withRevision("2")
                .withTopLogprobs(3)
                .withAnswerSchema(schema)
                .withMostBytes(9)
                .withTimeout(Duration.ofMillis(1))
                .withKey(key)
                .withBaseUrl(" http://127.0.0.1:8000/v1// ");
        assertThat(settings)
                .isEqualTo(new OpenAiSettings(
                        URI.create("http://127.0.0.1:8000/v1"), "m", key, Duration.ofMillis(1), 9, schema, 3, "2"));
        schema.put("type", "array");
        assertThat(settings.answerSchema().get("type").textValue()).isEqualTo("object");
    }

    @ParameterizedTest
    @CsvSource({
        "ftp://host/v1, must be http or https and name a host",
        "localhost:8000/v1, must be http or https and name a host",
        "http:/v1, must be http or https and name a host",
        "/v1, must be http or https and name a host",
        "http://user:secret@host/v1, 'must not hold a user, a query or a fragment'",
        "http://host/v1?key=secret, 'must not hold a user, a query or a fragment'",
        "http://host/v1#secret, 'must not hold a user, a query or a fragment'",
        "http://sec ret/v1, is no address"
    })
    void theBaseUrlIsChecked(String url, String problem) {
        assertThatThrownBy(() -> OpenAiSettings.of("m").withBaseUrl(url))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        problem.startsWith("is")
                                ? "the base URL is no address; give one like http://localhost:8000/v1"
                                : "the base URL " + problem + "; give one like http://localhost:8000/v1")
                .hasNoCause();
    }

    @Test
    void theRestIsChecked() {
        OpenAiSettings settings = OpenAiSettings.of("m");
        assertThatThrownBy(() -> OpenAiSettings.of(" ")).hasMessage("the model has no name");
        assertThatThrownBy(() -> settings.withTimeout(Duration.ZERO))
                .hasMessage("the timeout of a request must be more than 0 seconds and at most a day");
        assertThatThrownBy(() -> settings.withTimeout(Duration.ofDays(2)))
                .hasMessage("the timeout of a request must be more than 0 seconds and at most a day");
        assertThatThrownBy(() -> settings.withMostBytes(0)).hasMessage("the longest answer must be at least 1 byte");
        assertThatThrownBy(() -> settings.withTopLogprobs(21)).hasMessage("top_logprobs must be 0 to 20");
        assertThatThrownBy(() -> settings.withRevision("")).hasMessage("the revision is blank");
    }
}
