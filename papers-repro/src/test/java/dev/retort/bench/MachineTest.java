package dev.retort.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class MachineTest {

    @Test
    void saysWhatItIs() throws IOException {
        ObjectNode machine = Machine.describe(3);
        assertThat(machine.fieldNames())
                .toIterable()
                .startsWith("device", "threads", "cores", "system", "java", "freed_memory")
                .isSubsetOf("device", "threads", "cores", "system", "java", "freed_memory", "processor", "memory_gb");
        assertThat(machine.get("device").textValue()).isEqualTo("cpu");
        assertThat(machine.get("threads").intValue()).isEqualTo(3);
        assertThat(machine.get("cores").intValue())
                .isEqualTo(Runtime.getRuntime().availableProcessors());
        assertThat(machine.get("system").textValue())
                .isEqualTo(System.getProperty("os.name") + " " + System.getProperty("os.arch"));
        assertThat(machine.get("java").textValue()).isEqualTo(System.getProperty("java.version"));
        assertThat(machine.get("freed_memory").textValue())
                .isEqualTo(System.getenv().containsKey("MALLOC_TRIM_THRESHOLD_") ? "kept" : "given back");
        assertThat(machine.path("processor").asText("some")).isNotBlank();
        assertThat(machine.path("memory_gb").asLong(1)).isPositive();
    }
}
