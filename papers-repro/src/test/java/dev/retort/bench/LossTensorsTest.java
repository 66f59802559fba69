package dev.retort.bench;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import org.junit.jupiter.api.Test;

class LossTensorsTest {

    /** As {@code tensor} of benchmarks/peers/loss.py gives them. */
    @Test
    void valuesAreThoseOfThePeers() {
        assertThat(LossTensors.value(1, 0)).isEqualTo(-0.009345293f);
        assertThat(LossTensors.value(1, 1)).isEqualTo(0.14480197f);
        assertThat(LossTensors.value(2, 0)).isEqualTo(0.9813094f);
        assertThat(LossTensors.value(2, 28_311_551)).isEqualTo(0.21625817f);
        assertThat(LossTensors.value(3, 12_345)).isEqualTo(-0.7255933f);
        assertThat(LossTensors.value(4, 7)).isEqualTo(0.1810205f);
    }

    @Test
    void theBoundMultipliesThem() {
        try (NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch")) {
            NDArray array = LossTensors.make(manager, new Shape(2, 1), 1, 0.5f);
            assertThat(array.getShape()).isEqualTo(new Shape(2, 1));
            assertThat(array.toFloatArray()).containsExactly(-0.0046726465f, 0.07240099f);
        }
    }
}
