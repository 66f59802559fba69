package dev.retort.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.batch.Tokenizer;
import dev.retort.data.Rows;
import java.io.File;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

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
        List<String> command = new ArrayList<>();
        command.add(System.getProperty("java.home") + File.separator + "bin" + File.separator + "java");
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(List.of(arguments));
        return new Side(name, description, command);
    }
}
