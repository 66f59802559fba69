package dev.retort.batch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class StepPlanTest {

    @Test
    void everyEpochSeesEveryExampleOnce() {
        StepPlan plan = new StepPlan(10, 4, 3);
        assertThat(plan.stepsPerEpoch()).isEqualTo(3);
        for (int epoch = 0; epoch < 3; epoch++) {
            List<Integer> seen = new ArrayList<>();
            for (int step = 0; step < 3; step++) {
                for (int index : plan.indices(epoch * 3 + step)) {
                    seen.add(index);
                }
            }
            assertThat(seen)
                    .containsExactlyInAnyOrderElementsOf(
                            IntStream.range(0, 10).boxed().toList());
        }
        assertThat(plan.indices(0)).isNotEqualTo(plan.indices(3));
        assertThat(plan.indices(2)).hasSize(2).isEqualTo(new StepPlan(10, 4, 3).indices(2));
    }

    @Test
    void microBatchesHoldExamplesOfLikeLength() {
        List<TokenExample> examples = new ArrayList<>();
        for (int length : new int[] {3, 9, 4, 8, 2}) {
            examples.add(new TokenExample("l" + length, "answer", 1, new int[length], new int[length]));
        }
        List<List<TokenExample>> batches = StepPlan.microBatches(examples, 2, 100);
        assertThat(batches.stream()
                        .map(batch -> batch.stream().map(TokenExample::id).toList()))
                .containsExactly(List.of("l9", "l8"), List.of("l4", "l3"), List.of("l2"));
    }

    @Test
    void microBatchesHoldNoMoreTokensThanAllowed() {
        List<TokenExample> examples = new ArrayList<>();
        for (int length : new int[] {3, 9, 4, 8, 2}) {
            examples.add(new TokenExample("l" + length, "answer", 1, new int[length], new int[length]));
        }
        assertThat(StepPlan.microBatches(examples, 9, 8).stream()
                        .map(batch -> batch.stream().map(TokenExample::id).toList()))
                .containsExactly(List.of("l9"), List.of("l8"), List.of("l4", "l3"), List.of("l2"));
    }

    @Test
    void packedMicroBatchesCountWhatIsRead() {
        List<TokenExample> examples =
                List.of(row("a", 1, 2, 3, 9), row("b", 1, 2, 4, 9, 9), row("c", 1, 2, 3, 4, 5, 9), row("d", 7, 9));
        // c reads 1 2 3 4 5; b 4 and 9 more, behind 1 2; a reads nothing that is not there; d reads 7.
        assertThat(packed(examples, 9, 7)).containsExactly(List.of("c", "b", "a"), List.of("d"));
        assertThat(packed(examples, 9, 8)).containsExactly(List.of("c", "b", "a", "d"));
        assertThat(packed(examples, 9, 6)).containsExactly(List.of("c"), List.of("b", "a", "d"));
        assertThat(packed(examples, 9, 1)).containsExactly(List.of("c"), List.of("b"), List.of("a"), List.of("d"));
        assertThat(packed(examples, 3, 99)).containsExactly(List.of("c", "b", "a"), List.of("d"));
        assertThat(packed(List.of(), 3, 99)).isEmpty();
    }

    private static List<List<String>> packed(List<TokenExample> examples, int maxRows, int maxTokens) {
        return StepPlan.packedMicroBatches(examples, maxRows, maxTokens).stream()
                .map(batch -> batch.stream().map(TokenExample::id).toList())
                .toList();
    }

    private static TokenExample row(String id, int... input) {
        return new TokenExample(id, "answer", 1, input, input);
    }
}
