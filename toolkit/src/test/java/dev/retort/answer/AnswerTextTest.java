package dev.retort.answer;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class AnswerTextTest {

    @Test
    void plainKeepsAllButBlanks() {
        assertThat(AnswerText.plain("  The\n\tCat \u00a0 sat. ")).isEqualTo("The Cat sat.");
        assertThat(AnswerText.plain(" \n ")).isEmpty();
    }

    @Test
    void relaxedDropsCaseQuotesAndFinalMarks() {
        assertThat(AnswerText.relaxed(" \"Heads up.\" ")).isEqualTo("heads up");
        assertThat(AnswerText.relaxed("\u201cYes\u201d!")).isEqualTo("yes");
        assertThat(AnswerText.relaxed("-3.50")).isEqualTo("-3.50");
        assertThat(AnswerText.relaxed("the  End...")).isEqualTo("the end");
        assertThat(AnswerText.relaxed("'.' ")).isEmpty();
    }

    @Test
    void squadDropsArticlesAndPunctuation() {
        assertThat(AnswerText.squad("The  U.S.A., an (old) \"theme\"")).isEqualTo("usa old theme");
        assertThat(AnswerText.squad("a")).isEmpty();
        assertThat(AnswerText.squad("an-other A")).isEqualTo("another");
    }

    @Property(seed = "20240601")
    void normalFormsAreStable(@ForAll String text) {
        String plain = AnswerText.plain(text);
        assertThat(AnswerText.plain(plain)).isEqualTo(plain);
        String relaxed = AnswerText.relaxed(text);
        assertThat(AnswerText.relaxed(relaxed)).isEqualTo(relaxed);
    }
}
