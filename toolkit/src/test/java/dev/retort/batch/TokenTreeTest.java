package dev.retort.batch;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TokenTreeTest {

    @Test
    void whatRowsBeginWithAlikeIsThereOnce() {
        TokenTree tree = new TokenTree();
        assertThat(tree.add(new int[] {5, 6, 7})).containsExactly(0, 1, 2);
        assertThat(tree.missing(new int[] {5, 6, 8, 7})).isEqualTo(2);
        assertThat(tree.add(new int[] {5, 6, 8, 7})).containsExactly(0, 1, 3, 4);
        assertThat(tree.add(new int[] {5, 6})).containsExactly(0, 1);
        assertThat(tree.ids()).containsExactly(5, 6, 7, 8, 7);
        assertThat(tree.positions()).containsExactly(0, 1, 2, 2, 3);
        assertThat(tree.size()).isEqualTo(5);
    }

    @Test
    void aTokenBehindAnotherOneIsAnother() {
        TokenTree tree = new TokenTree();
        tree.add(new int[] {0, 1, 1});
        assertThat(tree.missing(new int[] {1, 1})).isEqualTo(2);
        assertThat(tree.add(new int[] {1, 1})).containsExactly(3, 4);
        assertThat(tree.missing(new int[] {0, 1, 1})).isZero();
        assertThat(tree.positions()).containsExactly(0, 1, 2, 0, 1);
    }
}
