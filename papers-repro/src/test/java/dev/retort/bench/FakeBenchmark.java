package dev.retort.bench;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** A process of its own that measures fakes, to be killed. */
final class FakeBenchmark {

    private FakeBenchmark() {}

    /** Arguments: a folder; a side's script. Prints when the measuring has begun. */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        Path folder = Path.of(arguments[0]);
        String[] script = List.of(arguments).subList(1, arguments.length).toArray(String[]::new);
        BenchCase work = new BenchCase(
                "case",
                1,
                "tokens",
                JsonNodeFactory.instance.objectNode(),
                List.of(FakeWorker.side("fake", folder.resolve("turns"), script)));
        Comparison.run(work, 1, folder, new PrintWriter(System.out, true, StandardCharsets.UTF_8));
    }
}
