package dev.retort.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.retort.data.Rows;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class WorkerLinesTest {

    private final AtomicInteger turns = new AtomicInteger();

    private List<String> served(String input) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        WorkerLines.serve(
                () -> Rows.mapper().createObjectNode().put("turn", turns.incrementAndGet()),
                new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
                new PrintStream(out, false, StandardCharsets.UTF_8));
        return out.toString(StandardCharsets.UTF_8).lines().toList();
    }

    @Test
    void answersEveryGoUntilTheInputEnds() throws IOException {
        List<String> lines = served("go\ngo\n");
        assertThat(lines).hasSize(3);
        assertThat(lines.get(0)).isEqualTo("{\"ready\":true}");
        for (int i = 1; i < 3; i++) {
            JsonNode answer = Rows.mapper().readTree(lines.get(i));
            assertThat(answer.fieldNames()).toIterable().containsExactly("turn", "seconds");
            assertThat(answer.get("turn").intValue()).isEqualTo(i);
            assertThat(answer.get("seconds").doubleValue()).isBetween(0.0, 60.0);
        }
    }

    @Test
    void anyOtherLineEndsIt() throws IOException {
        assertThat(served("")).containsExactly("{\"ready\":true}");
        assertThat(served("go\nstop\ngo\n")).hasSize(2);
        assertThat(turns).hasValue(1);
    }

    @Test
    void workThatFailsEndsItWithoutAnAnswer() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        assertThatThrownBy(() -> WorkerLines.serve(
                        () -> {
                            throw new IOException("torn");
                        },
                        new ByteArrayInputStream("go\n".getBytes(StandardCharsets.UTF_8)),
                        new PrintStream(out, false, StandardCharsets.UTF_8)))
                .isInstanceOf(IOException.class)
                .hasMessage("torn");
        assertThat(out.toString(StandardCharsets.UTF_8).lines()).containsExactly("{\"ready\":true}");
    }

    @Test
    @Timeout(60)
    void answersBeforeItReadsOn() throws Exception {
        ExecutorService thread = Executors.newSingleThreadExecutor();
        PipedOutputStream go = new PipedOutputStream();
        try (PipedInputStream answers = new PipedInputStream();
                PipedInputStream input = new PipedInputStream(go);
                PrintStream out = new PrintStream(new PipedOutputStream(answers), false, StandardCharsets.UTF_8)) {
            Future<?> served = thread.submit(() -> {
                WorkerLines.serve(
                        () -> Rows.mapper().createObjectNode().put("turn", turns.incrementAndGet()), input, out);
                return null;
            });
            BufferedReader lines = new BufferedReader(new InputStreamReader(answers, StandardCharsets.UTF_8));
            assertThat(lines.readLine()).isEqualTo("{\"ready\":true}");
            assertThat(turns).hasValue(0);
            go.write("go\n".getBytes(StandardCharsets.UTF_8));
            go.flush();
            assertThat(lines.readLine()).startsWith("{\"turn\":1,\"seconds\":");
            go.close();
            assertThat(served.get(30, TimeUnit.SECONDS)).isNull();
        } finally {
            thread.shutdownNow();
        }
    }
}
