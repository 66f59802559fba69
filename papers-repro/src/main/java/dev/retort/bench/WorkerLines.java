package dev.retort.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.data.Rows;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * How a side of a benchmark is driven: it says {"ready": true} when it has loaded, does its work once for every line {@code go},
 * and answers each with a JSON object whose {@code seconds} it took itself. The peers' scripts speak the same.
 */
final class WorkerLines {

    private WorkerLines() {}

    /** The work, done once; what it gives is sent along. */
    @FunctionalInterface
    interface Work {
        ObjectNode run() throws IOException;
    }

    /** Serves over stdin and stdout until the input ends. */
    static void serve(Work work) throws IOException {
        serve(work, System.in, System.out);
    }

    /** Serves until the input ends or has another line than {@code go}. */
    static void serve(Work work, InputStream input, PrintStream out) throws IOException {
        out.println("{\"ready\":true}");
        out.flush();
        BufferedReader in = new BufferedReader(new InputStreamReader(input, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null && line.equals("go"); line = in.readLine()) {
            long start = System.nanoTime();
            ObjectNode values = work.run();
            values.put("seconds", (System.nanoTime() - start) / 1e9);
            out.println(Rows.mapper().writeValueAsString(values));
            out.flush();
        }
    }
}
