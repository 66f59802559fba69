package dev.retort.teacher;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ChainTest {

    @Test
    void endsWithTheAnswersSentence() {
        assertThat(new Chain("1 + 1 = 2.", "2").text()).isEqualTo("1 + 1 = 2. The answer is 2.");
        assertThat(new Chain("", "2").text()).isEqualTo("The answer is 2.");
    }
}
