package dev.retort.answer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PorterStemmerTest {

    @ParameterizedTest
    @CsvSource({
        "caresses, caress",
        "flies, fli",
        "dies, die",
        "spied, spi",
        "agreed, agre",
        "hopping, hop",
        "filing, file",
        "relational, relat",
        "enjoyment, enjoy",
        "happy, happi",
        "skies, sky",
        "DYING, die",
        "controlling, control",
        "geology, geolog",
        "as, as",
        "'', ''",
    })
    void stems(String word, String stem) {
        assertThat(PorterStemmer.stem(word)).isEqualTo(stem);
    }

    @Test
    void agreesWithNltk() throws IOException {
        List<String> lines = AnswerGolden.lines("porter_stems.tsv.gz");
        assertThat(lines).hasSize(15_795);
        for (String line : lines) {
            String[] columns = line.split("\t", -1);
            assertThat(PorterStemmer.stem(columns[0])).as(columns[0]).isEqualTo(columns[1]);
        }
    }

    @Test
    void longRunsOfYTakeLinearTime() {
        assertThat(PorterStemmer.stem("y".repeat(200_000) + "ed")).hasSize(200_000);
    }

    @Property(seed = "20240601")
    void anyTextHasAStem(@ForAll String text) {
        assertThat(PorterStemmer.stem(text).length()).isLessThanOrEqualTo(2 * text.length());
    }
}
