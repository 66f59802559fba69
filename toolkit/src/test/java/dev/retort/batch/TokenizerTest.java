package dev.retort.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class TokenizerTest {

    @Test
    void aCopyOutlivesTheOtherAndKnowsItsSpecialTokens() throws IOException {
        Tokenizer first = Tokenizer.ofWords(List.of("who", "asks"));
        Tokenizer copy = first.copy();
        first.close();
        try (copy) {
            assertThat(copy.encode("asks who ?")).containsExactly(4, 3, 0);
            assertThat(copy.decode(new int[] {4, 1, 3})).isEqualTo("asks who");
            assertThat(copy.eosId()).hasValue(1);
            assertThat(copy.vocabularySize()).isEqualTo(5);
        }
    }
}
