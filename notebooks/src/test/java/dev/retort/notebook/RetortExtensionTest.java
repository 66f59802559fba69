package dev.retort.notebook;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ServiceLoader;
import org.dflib.jjava.jupyter.Extension;
import org.junit.jupiter.api.Test;

class RetortExtensionTest {

    @Test
    void isFoundByTheKernel() {
        assertThat(ServiceLoader.load(Extension.class).stream()
                        .map(provider -> provider.type().getName()))
                .contains("dev.retort.notebook.RetortExtension");
    }
}
