package dev.retort.batch;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TokenBatchTest {

    private static final int NO = TokenExample.IGNORED;

    @Test
    void aDecoderPredictsEachLabelFromThePositionBefore() {
        TokenExample first = new TokenExample("a", "answer", 1, new int[] {5, 6, 7, 8}, new int[] {NO, NO, 7, 8});
        TokenExample second = new TokenExample("b", "rationale", 1, new int[] {9, 4}, new int[] {NO, 4});
        try (NDManager manager = NDManager.newBaseManager("PyTorch");
                TokenBatch batch = new TokenBatch(List.of(first, second), false, manager)) {
            assertThat(batch.inputIds().getShape()).isEqualTo(new Shape(2, 4));
            assertThat(batch.inputIds().toLongArray()).containsExactly(5, 6, 7, 8, 9, 4, 0, 0);
            assertThat(batch.attentionMask().toLongArray()).containsExactly(1, 1, 1, 1, 1, 1, 0, 0);
            assertThat(batch.labels()).containsExactly(7, 8, 4);
            assertThat(batch.labelRows()).containsExactly(0, 0, 1);
            assertThat(batch.labelPositions().toLongArray()).containsExactly(1, 2, 4);
            assertThat(batch.labelCounts()).isEqualTo(Map.of("answer", 2L, "rationale", 1L));
            assertThat(batch.tokens()).isEqualTo(6);
        }
    }

    @Test
    void theFinalEosStaysSupervisedWherePaddingIsTheSameId() {
        // Padding is id 0 and so is the end of sequence: the mask goes by position.
        TokenExample example = new TokenExample("a", "answer", 1, new int[] {5, 0}, new int[] {NO, 0});
        TokenExample longer = new TokenExample("b", "answer", 1, new int[] {5, 6, 0}, new int[] {NO, 6, 0});
        try (NDManager manager = NDManager.newBaseManager("PyTorch");
                TokenBatch batch = new TokenBatch(List.of(example, longer), false, manager)) {
            assertThat(batch.labels()).containsExactly(0, 6, 0);
            assertThat(batch.labelPositions().toLongArray()).containsExactly(0, 3, 4);
        }
    }

    @Test
    void anEncoderDecoderPredictsLabelsFromTheStartToken() {
        TokenExample first = new TokenExample("a", "answer", 1, new int[] {5, 6, 1}, new int[] {7, 1});
        TokenExample second = new TokenExample("b", "answer", 1, new int[] {5, 1}, new int[] {8, 9, 1});
        try (NDManager manager = NDManager.newBaseManager("PyTorch");
                TokenBatch batch = new TokenBatch(List.of(first, second), true, manager)) {
            assertThat(batch.decoderInputIds(0).toLongArray()).containsExactly(0, 7, 0, 0, 8, 9);
            assertThat(batch.labels()).containsExactly(7, 1, 8, 9, 1);
            assertThat(batch.labelPositions().toLongArray()).containsExactly(0, 1, 3, 4, 5);
            assertThat(batch.tokens()).isEqualTo(10);
        }
    }
}
