package dev.retort.bench;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import dev.retort.batch.Tokenizer;
import dev.retort.model.LoadedModel;
import dev.retort.model.Models;
import dev.retort.papers.ScratchStudent;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A model of random weights that every benchmark takes, and settings around it. */
final class TinyModel {

    private TinyModel() {}

    /** Its words have the ids from 3 on. */
    static LoadedModel create() throws IOException {
        return new ScratchStudent("llama", 32, 48, 2, 4, 512, 0.2)
                .create(List.of("<|im_end|>", "a", "b", "c", "d", "e", "f", "g", "h"), 7, Device.cpu());
    }

    /** Writes it as a Hugging Face folder. */
    static Path save(Path folder) throws IOException {
        try (LoadedModel model = create()) {
            Models.save(model, folder);
        }
        return folder;
    }

    /** For two threads, with the peers' scripts under the folder, and a Python there that finds a compiler. */
    static BenchSetting setting(Path model, Tokenizer tokenizer, Path folder) throws Exception {
        Files.createDirectories(folder.resolve("benchmarks/peers"));
        Path python = python(folder, "echo /usr/bin/g++");
        Peers peers = Peers.ready(folder, python, folder, new PrintWriter(Writer.nullWriter()));
        return new BenchSetting(model, tokenizer, 2, folder, peers);
    }

    /** Starts our side of a benchmark on the folder's work.json. */
    static Worker worker(Path model, Path folder, Class<?> main, String mode) throws Exception {
        String work = folder.resolve("work.json").toString();
        Side side = setting(model, null, folder).ours("retort", "", main, work, mode);
        return new Worker(side, folder.resolve("worker.log"));
    }

    /** A script called python. */
    static Path python(Path folder, String... lines) throws IOException {
        Path script = folder.resolve("python");
        Files.writeString(script, "#!/bin/sh\n" + String.join("\n", lines) + "\n");
        assertThat(script.toFile().setExecutable(true)).isTrue();
        return script;
    }
}
