package dev.retort.op;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class AutogradTest {

    @Test
    @Timeout(60)
    void anotherThreadWaitsItsTurn() throws Exception {
        try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
            NDArray weight = manager.create(new float[] {2, 3});
            weight.setRequiresGradient(true);
            FutureTask<Boolean> other = new FutureTask<>(() -> {
                try (Autograd tape = Autograd.record()) {
                    tape.backward(weight.sum());
                    return Autograd.isRecording();
                }
            });
            Thread thread = new Thread(other, "other");
            try (Autograd tape = Autograd.record()) {
                thread.start();
                while (!Autograd.turn().hasQueuedThread(thread)) {
                    assertThat(other.isDone()).isFalse();
                    Thread.onSpinWait();
                }
                tape.backward(weight.mul(weight).sum());
                assertThat(Autograd.isRecording()).isTrue();
            }
            assertThat(other.get()).isTrue();
            try (NDArray gradient = weight.getGradient()) {
                assertThat(gradient.toFloatArray()).containsExactly(5, 7);
            }
        }
    }

    @Test
    @Timeout(60)
    void aThreadRecordsOnceAtATimeAndThenLetsOthersIn() throws Exception {
        try (Autograd tape = Autograd.record()) {
            assertThatThrownBy(Autograd::record).isInstanceOf(IllegalStateException.class);
            assertThat(Autograd.turn().getHoldCount()).isOne();
            assertThat(Autograd.isRecording()).isTrue();
            assertThat(tape).isNotNull();
        }
        assertThat(Autograd.turn().isLocked()).isFalse();
    }
}
