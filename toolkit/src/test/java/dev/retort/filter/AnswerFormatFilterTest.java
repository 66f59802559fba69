package dev.retort.filter;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class AnswerFormatFilterTest {

    @Test
    void rejectsWhatHasNoAnswer() {
        assertThat(Samples.words(
                        new AnswerFormatFilter().judge(Samples.QUESTION, Samples.answers("2", null, " \n", "x"))))
                .containsExactly("kept", "no-answer", "no-answer", "kept");
    }
}
