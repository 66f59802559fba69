package dev.retort.papers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecipesTest {

    @TempDir
    Path folder;

    private record Two(Integer first, String second) {}

    @Test
    void readsAFileOfOnesOwnWithOverrides() throws IOException {
        Path file = folder.resolve("mine.yaml");
        Files.writeString(file, "first: 1\nsecond: \u00e9\n");
        assertThat(Recipes.text("step-by-step", file.toString())).isEqualTo("first: 1\nsecond: \u00e9\n");
        assertThat(Recipes.read("step-by-step", file.toString(), Two.class, List.of("first=2")))
                .isEqualTo(new Two(2, "\u00e9"));
    }

    @Test
    void readsPackedRecipesAndNamesThoseThereAreNot() throws IOException {
        assertThat(Recipes.text("step-by-step", "tiny")).contains("data_seed:");
        assertThatThrownBy(() -> Recipes.text("step-by-step", "huge"))
                .isInstanceOf(IOException.class)
                .hasMessage("there is no recipe 'huge' for step-by-step yet; retort papers lists them");
    }

    @Test
    void aFileMustBeAShortText() throws IOException {
        Path missing = folder.resolve("none.yml");
        assertThatThrownBy(() -> Recipes.text("step-by-step", missing.toString()))
                .isInstanceOf(NoSuchFileException.class)
                .hasMessage(missing.toString());
        Path latin = folder.resolve("latin.yaml");
        Files.write(latin, "\u00e9".getBytes(StandardCharsets.ISO_8859_1));
        assertThatThrownBy(() -> Recipes.text("step-by-step", latin.toString()))
                .isInstanceOf(IOException.class)
                .hasMessage(latin + ": not UTF-8 text");
        Path longer = folder.resolve("longer.yaml");
        Files.write(longer, new byte[(1 << 20) + 1]);
        assertThatThrownBy(() -> Recipes.text("step-by-step", longer.toString()))
                .isInstanceOf(IOException.class)
                .hasMessage(longer + ": longer than 1048576 bytes, as no recipe is");
    }

    @Test
    void publishedCellsAreThoseOfTheCheckout() {
        assertThat(Recipes.published("step-by-step").resolve("table2.csv")).exists();
    }
}
