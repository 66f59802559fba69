package dev.retort.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class CpuTimeTest {

    @Test
    void readsTheLineOfAllProcessors() {
        CpuTime time = CpuTime.of("cpu  100 1 20 300 4 0 5 70 9 9\ncpu0 50 0 10 150 2 0 2 35 0 0\n");
        assertThat(time).isEqualTo(new CpuTime(500, 70));
        assertThat(new CpuTime(700, 120).stolenSince(time)).isEqualTo(0.25);
    }

    @Test
    void whereNothingIsToldNothingIsStolen() {
        assertThat(CpuTime.of("")).isEqualTo(new CpuTime(0, 0));
        assertThat(CpuTime.of("cpu  1 2 3 4\n")).isEqualTo(new CpuTime(0, 0));
        assertThat(new CpuTime(0, 0).stolenSince(new CpuTime(0, 0))).isZero();
    }

    @Test
    void linuxTellsIt() throws Exception {
        assertThat(CpuTime.now().all() > 0).isEqualTo(Files.isReadable(Path.of("/proc/stat")));
    }
}
