package dev.retort.teacher;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retort.data.Rows;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BatchLineTest {

    private static final String ID = "0123456789abcdef".repeat(4);

    private final OpenAiHttp http = new OpenAiHttp(
            OpenAiSettings.of("m").withBaseUrl("http://h/v1").withKey(ApiKey.of("sk-verysecretkey")),
            "openai:m",
            Clock.systemUTC());

    private Optional<BatchLine> line(String rest) {
        String line = "{\"custom_id\":\"" + ID + "\"," + rest + "}";
        return BatchLine.ofServer(line.getBytes(StandardCharsets.UTF_8), http);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"response\":{\"status_code\":200,\"body\":{\"a\":[1]}},\"error\":null",
                "\"response\":{\"status_code\":\"200\",\"body\":{\"a\":[1]}},\"error\":{}",
                "\"response\":{\"body\":{\"a\":[1]}}"
            })
    void answers(String rest) throws IOException {
        BatchLine line = line(rest).orElseThrow();
        assertThat(line).isEqualTo(BatchLine.answer(ID, Rows.mapper().readTree("{\"a\":[1]}")));
        assertThat(line.format()).isEqualTo("{\"custom_id\":\"" + ID + "\",\"body\":{\"a\":[1]}}");
        assertThat(BatchLine.read(line.format())).contains(line);
        assertThat(BatchLine.customIdOf(line.format())).isEqualTo(ID);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"response\":{\"status_code\":400,\"body\":{\"error\":{\"message\":\"bad\"}}}|status 400: bad|false",
                "\"response\":{\"status_code\":400,\"body\":null},\"error\":{\"message\":\"bad\"}|status 400:"
                        + " bad|false",
                "\"response\":{\"status_code\":404,\"body\":{}}|status 404|false",
                "\"response\":{\"status_code\":408,\"body\":{}}|status 408|true",
                "\"response\":{\"status_code\":409,\"body\":{}}|status 409|true",
                "\"response\":{\"status_code\":429,\"body\":{}}|status 429|true",
                "\"response\":{\"status_code\":500,\"body\":{}}|status 500|true",
                "\"response\":{\"status_code\":200,\"body\":null}|status 200|true",
                "\"response\":{\"status_code\":200}|status 200|true",
                "\"response\":null,\"error\":{\"code\":\"batch_expired\",\"message\":\"Too late.\"}|an error: Too"
                        + " late.|true",
                "\"response\":null,\"error\":{\"code\":\"batch_expired\"}|an error: batch_expired|true",
                "\"response\":null,\"error\":{\"code\":422,\"message\":\"no\"}|status 422: no|false",
                "\"response\":{\"body\":{\"error\":\"no\"}},\"error\":{\"code\":\"c\"}|an error: no|true",
                "\"error\":{\"message\":\"for sk-verysecretkey\"}|an error: for [key]|true",
                "\"response\":7|an error|true"
            })
    void failures(String rest, String problem, boolean retryable) {
        BatchLine line = line(rest).orElseThrow();
        assertThat(line).isEqualTo(BatchLine.failure(ID, "openai:m: http://h answers with " + problem, retryable));
        assertThat(BatchLine.read(line.format())).contains(line);
        assertThat(BatchLine.customIdOf(line.format())).isEqualTo(ID);
    }

    @Test
    void otherLinesAreNone() {
        for (String line : new String[] {
            "", "null", "7", "{", "{}", "{\"custom_id\":7}", "{\"custom_id\":\"" + ID.substring(1) + "\"}"
        }) {
            assertThat(BatchLine.ofServer(line.getBytes(StandardCharsets.UTF_8), http))
                    .isEmpty();
            assertThat(BatchLine.read(line)).isEmpty();
            assertThat(BatchLine.customIdOf(line)).isNull();
        }
        assertThat(BatchLine.ofServer(new byte[] {'{', (byte) 0xff, '}'}, http)).isEmpty();
        assertThat(BatchLine.customIdOf("{\"custom_id\":\"" + ID + "0\"}")).isNull();
        assertThat(BatchLine.customIdOf("{\"custom_id\":\"" + ID)).isNull();
        assertThat(BatchLine.read("{\"custom_id\":\"" + ID + "\"}")).isEmpty();
    }
}
