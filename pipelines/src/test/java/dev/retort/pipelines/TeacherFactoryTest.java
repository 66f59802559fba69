package dev.retort.pipelines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.retort.data.JsonLines;
import dev.retort.data.Question;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import dev.retort.teacher.Teacher;
import dev.retort.teacher.TeacherException;
import dev.retort.teacher.TeacherSpec;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.apache.beam.sdk.util.SerializableUtils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TeacherFactoryTest {

    @TempDir
    Path folder;

    private static Teacher make(String spec, double errorRate) throws Exception {
        return SerializableUtils.clone(TeacherFactory.of(TeacherSpec.parse(spec), errorRate))
                .create();
    }

    @Test
    void aScriptedTeacherTravels() throws Exception {
        try (Teacher teacher = make("scripted:coin-flip", 0.25)) {
            assertThat(teacher.name()).isEqualTo("scripted:coin-flip@2+error-rate=0.25");
        }
    }

    @Test
    void aRecordedTeacherTravelsAsItsFile() throws Exception {
        Question question = Fixtures.question("q-1");
        TeacherSample sample = Fixtures.sample(question, 0, "a");
        Path file = folder.resolve("recorded.jsonl");
        JsonLines.write(file, List.of(sample));
        try (Teacher teacher = make("recorded:" + file, 0)) {
            assertThat(teacher.sample(question, SamplingParams.none(), List.of(0)))
                    .containsExactly(sample);
        }
    }

    @Test
    void anOpenAiTeacherTravelsAsItsAddress() throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/api/chat/completions", exchange -> {
            try (exchange) {
                byte[] body = "{\"choices\":[{\"finish_reason\":\"stop\",\"message\":{\"content\":\"aen\"}}]}"
                        .getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(200, body.length);
                exchange.getResponseBody().write(body);
            }
        });
        server.start();
        String url = "http://127.0.0.1:" + server.getAddress().getPort() + "/api";
        TeacherSpec spec = TeacherSpec.parse("openai:gpt-4o");
        TeacherFactory factory = TeacherFactory.of(spec, 0, url, Duration.ofSeconds(20));
        try (Teacher teacher = SerializableUtils.clone(factory).create()) {
            assertThat(teacher.name()).isEqualTo("openai:gpt-4o");
            assertThat(teacher.sample(Fixtures.question("q-1"), SamplingParams.none(), List.of(0)))
                    .extracting(TeacherSample::text)
                    .containsExactly("aen");
        } finally {
            server.stop(0);
        }
        Teacher again = TeacherFactory.of(spec, 0, url, null).create();
        assertThatThrownBy(() -> again.sample(Fixtures.question("q-1"), SamplingParams.none(), List.of(0)))
                .isInstanceOf(TeacherException.class)
                .hasMessageContaining("cannot be reached");
    }

    @Test
    void aLocalTeacherThatCannotBeLoadedIsOneLine() {
        Path absent = folder.resolve("absent");
        assertThatThrownBy(() -> make("local:" + absent, 0))
                .isInstanceOf(IOException.class)
                .hasMessage(absent + ": no such folder or file; give a Hugging Face folder or a GGUF file");
    }

    @Test
    void otherSpecificationsAreErrors() {
        assertThatThrownBy(() -> make("scripted:coin-flip", 1.5))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the error rate must be 0 to 1, not 1.5");
        assertThatThrownBy(() -> make("recorded:f.jsonl", 0.1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("an error rate belongs to a scripted teacher, not to recorded:f.jsonl");
        assertThatThrownBy(() -> make("openai:m", 0.1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("an error rate belongs to a scripted teacher, not to openai:m");
        assertThatThrownBy(() -> TeacherFactory.of(TeacherSpec.parse("local:m"), 0, "http://127.0.0.1", null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a base URL belongs to an openai teacher, not to local:m");
        assertThatThrownBy(() -> TeacherFactory.of(TeacherSpec.parse("openai:m"), 0, "127.0.0.1", null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the base URL must be http or https and name a host; give one like"
                        + " http://localhost:8000/v1");
    }
}
