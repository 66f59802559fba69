package dev.retort.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DataFileTest {

    private static final String HASH = "0".repeat(64);

    private static DataFile file(String path) {
        return new DataFile(path, null, HASH, HASH, 1, null, null, null);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a",
                "/a/b",
                "../a",
                "a/../b",
                "a/./b",
                "a//b",
                "a/.b",
                "a/b/",
                "a\\b/c",
                "a/b c",
                "~/a",
                "C:/a",
                "a/b\u0000",
                ""
            })
    void pathsStayUnderTheDataFolder(String path) {
        assertThatThrownBy(() -> file(path))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("not a plain path under the data folder");
    }

    @Test
    void takesPlainPaths() {
        assertThat(file("set/llm/train_CoT_0.json.gz").gzipped()).isTrue();
        assertThat(file("set/gpt-3.5-turbo.json").gzipped()).isFalse();
    }

    @Test
    void refusesWhatCannotBeVerified() {
        assertThatThrownBy(() -> new DataFile("a/b", null, null, HASH, 1, null, null, null))
                .hasMessage("a/b: sha256 is missing or malformed");
        assertThatThrownBy(() -> new DataFile("a/b", null, HASH, "00", 1, null, null, null))
                .hasMessage("a/b: content_sha256 is missing or malformed");
        assertThatThrownBy(() -> new DataFile("a/b", null, HASH, HASH, -1, null, null, null))
                .hasMessage("a/b: bytes must not be negative");
    }

    @Test
    void takesTheSetsConditionsWhereItHasNone() {
        DataFile own = new DataFile("s/own", null, HASH, HASH, 1, "CC BY-NC 4.0", false, "terms");
        DataSet set =
                new DataSet("s", List.of("tapir"), "MIT", true, null, "here", null, List.of(file("s/plain"), own));

        assertThat(set.files().get(0).conditions()).isEqualTo("MIT");
        assertThat(set.files().get(0).redistributable()).isTrue();
        assertThat(set.files().get(1).conditions()).isEqualTo("CC BY-NC 4.0; terms");
        assertThat(set.files().get(1).redistributable()).isFalse();
    }
}
