package dev.retort.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retort.batch.Tokenizer;
import java.io.File;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BenchSettingTest {

    @TempDir
    private Path folder;

    @Test
    void aWorkFileStartsWithModelAndThreads() throws Exception {
        try (Tokenizer tokenizer = Tokenizer.ofWords(List.of("a"))) {
            BenchSetting setting = TinyModel.setting(Path.of("some-model"), tokenizer, folder);
            assertThat(setting.work())
                    .hasToString("{\"model\":\"" + Path.of("some-model").toAbsolutePath() + "\",\"threads\":2}");
        }
    }

    @Test
    void oursRunsInAJvmLikeThisOne() throws Exception {
        try (Tokenizer tokenizer = Tokenizer.ofWords(List.of("a"))) {
            BenchSetting setting = TinyModel.setting(folder, tokenizer, folder);
            Side side = setting.ours("retort", "described", FakeWorker.class, "work.json", "train");
            List<String> command = new ArrayList<>();
            command.add(String.join(File.separator, System.getProperty("java.home"), "bin", "java"));
            command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
            command.addAll(List.of(
                    "-cp", System.getProperty("java.class.path"), "dev.retort.bench.FakeWorker", "work.json", "train"));
            assertThat(side).isEqualTo(new Side("retort", "described", command));
        }
    }
}
