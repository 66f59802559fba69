package dev.retort.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VotedAnswerTest {

    private static final String LINE =
            "{\"id\":\"q\",\"task\":\"t\",\"answer\":null,\"votes\":1,\"total\":2," + "\"agreement\":0.5,\"mine\":[1]}";

    @Test
    void aLineSurvivesTheRoundTrip() {
        assertThat(Rows.format(Rows.parse(LINE, VotedAnswer.class))).isEqualTo(LINE);
        assertThatThrownBy(() -> Rows.parse("{\"votes\":1,\"total\":2,\"agreement\":1}", VotedAnswer.class))
                .hasMessage("id is missing or blank");
    }

    @Test
    void anIdIsThereOnce(@TempDir Path folder) throws IOException {
        Path file = Files.writeString(folder.resolve("votes.jsonl"), LINE + "\n" + LINE + "\n");
        assertThatThrownBy(() -> JsonLines.read(file, VotedAnswer.class))
                .isInstanceOf(IOException.class)
                .hasMessage(file + ":2: a second row with the id q");
    }
}
