package dev.retort.bench;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import dev.retort.model.LoadedModel;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class LinearProductsTest {

    @Test
    void multipliesInBothDirectionsAndKeepsNothing() throws IOException {
        try (LoadedModel loaded = TinyModel.create()) {
            NDManager manager = loaded.model().weights().manager();
            int before = manager.getManagedArrays().size();
            // Inputs of 32 and 48 columns fit every weight: 4 of attention and 3 of the feed-forward part, in two
            // layers.
            assertThat(loaded.model().weights().linearModules()).hasSize(14);
            LinearProducts products = new LinearProducts(loaded.model());
            products.forward(5, 2);
            products.backward(5, 2);
            products.forward(1, 1);
            assertThat(manager.getManagedArrays()).hasSize(before);
        }
    }

    @Test
    void addsGradientsIntoOneArrayOfEachShape() throws IOException {
        try (LoadedModel loaded = TinyModel.create()) {
            NDManager manager = loaded.model().weights().manager();
            int before = manager.getManagedArrays().size();
            LinearProducts products = new LinearProducts(loaded.model());
            products.weightGradients(5, 2);
            products.weightGradients(3, 1);
            // Attention, the two ways of the feed-forward part, and the head.
            assertThat(manager.getManagedArrays()).hasSize(before + 4);
        }
    }
}
