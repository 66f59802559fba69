package dev.retort.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PromptPiecesTest {

    /** A prompt of so many tokens that begins with others' tokens and goes on with its own. */
    private static int[] prompt(int beginning, int shared, int own, int rest) {
        return IntStream.concat(
                        IntStream.range(0, shared).map(i -> beginning + i),
                        IntStream.range(0, rest).map(i -> own + i))
                .toArray();
    }

    @Test
    void whatAllBeginWithLeavesEachATokenOfItsOwn() {
        int[] one = prompt(1, 40, 500, 10);
        int[] beginningOfIt = prompt(1, 40, 500, 0);

        assertThat(PromptPieces.shared(List.of(one, prompt(1, 40, 600, 3)))).isEqualTo(40);
        assertThat(PromptPieces.shared(List.of(one, beginningOfIt))).isEqualTo(39);
        assertThat(PromptPieces.shared(List.of(one, prompt(1, 15, 600, 30)))).isZero();
        assertThat(PromptPieces.shared(List.of(one))).isZero();
    }

    @Test
    void promptsThatBeginAlikeAreReadTogetherAndOthersApart() {
        List<int[]> prompts = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            prompts.add(prompt(1, 130, 1000 * (i + 1), 20));
        }
        for (int i = 0; i < 4; i++) {
            prompts.add(prompt(300, 90, 1000 * (i + 1), 20));
        }

        assertThat(PromptPieces.ends(prompts)).containsExactly(5, 9);
    }

    @Test
    void unlikePromptsAreReadTogetherWhileTheirTokensAreFew() {
        List<int[]> prompts = IntStream.range(0, 7)
                .mapToObj(i -> prompt(1, 0, 2000 * (i + 1), 1000))
                .toList();

        assertThat(PromptPieces.ends(prompts)).hasSize(3).endsWith(7);
        assertThat(PromptPieces.ends(Collections.nCopies(2, prompt(1, 0, 1, 5000))))
                .as("a copy has one token of its own")
                .containsExactly(2);
    }

    @Test
    void onePromptIsOnePiece() {
        assertThat(PromptPieces.ends(List.of(prompt(1, 0, 1, 3)))).containsExactly(1);
    }
}
