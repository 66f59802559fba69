package dev.retort.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.batch.Tokenizer;
import dev.retort.data.Rows;
import java.nio.file.Path;

/**
 * What every benchmark of models needs.
 *
 * @param model a Hugging Face folder that both sides read
 * @param tokenizer its tokenizer
 * @param threads of tensor operations, on every side
 * @param folder for work files and logs
 * @param peers their environment
 */
record BenchSetting(Path model, Tokenizer tokenizer, int threads, Path folder, Peers peers) {

    /** The start of a work file. */
    ObjectNode work() {
        return Rows.mapper()
                .createObjectNode()
                .put("model", model.toAbsolutePath().toString())
                .put("threads", threads);
    }

    /** A side that is a class of ours, in a JVM like this one. */
    Side ours(String name, String description, Class<?> main, String... arguments) {
        return new Side(name, description, OurJvm.command(main, arguments));
    }
}
