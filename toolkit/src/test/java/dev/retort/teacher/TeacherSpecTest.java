package dev.retort.teacher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TeacherSpecTest {

    @Test
    void readsTheFourKinds() {
        assertThat(TeacherSpec.parse("scripted:coin-flip")).isEqualTo(new TeacherSpec.Scripted("coin-flip"));
        assertThat(TeacherSpec.parse("recorded:runs/a:b.jsonl"))
                .isEqualTo(new TeacherSpec.Recorded(Path.of("runs/a:b.jsonl")));
        assertThat(TeacherSpec.parse("openai:gpt-4o:mini")).isEqualTo(new TeacherSpec.OpenAi("gpt-4o:mini"));
        assertThat(TeacherSpec.parse("local:hf:org/name@main")).isEqualTo(new TeacherSpec.Local("hf:org/name@main"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"scripted:arithmetic", "recorded:a/b.jsonl", "openai:gpt-4", "local:hf:org/name@main"})
    void writesThemBack(String text) {
        assertThat(TeacherSpec.parse(text).toString()).isEqualTo(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "openai", "openai:", "local: ", "claude:x", ":x"})
    void refusesTheRest(String text) {
        assertThatThrownBy(() -> TeacherSpec.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("\"" + text + "\" names no teacher; there are openai:MODEL, local:MODEL, recorded:FILE,"
                        + " scripted:last-letter, scripted:coin-flip, scripted:arithmetic");
    }

    @Test
    void refusesUnknownPrograms() {
        assertThatThrownBy(() -> TeacherSpec.parse("scripted:last-letters"))
                .hasMessage("there is no scripted teacher named last-letters; there are last-letter, coin-flip,"
                        + " arithmetic");
    }
}
