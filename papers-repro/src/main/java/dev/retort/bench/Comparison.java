package dev.retort.bench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.data.Rows;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Runs the sides of a case by turns in one session, so that all of them meet the same machine. */
final class Comparison {

    private Comparison() {}

    /** Makes a side ready for its turns. */
    @FunctionalInterface
    interface Starter {
        Turns start(Side side, Path log) throws IOException;
    }

    /** Measures a case whose sides are workers. */
    static ObjectNode run(BenchCase work, int repetitions, Path logs, PrintWriter progress)
            throws IOException, InterruptedException {
        return run(work, repetitions, logs, progress, Worker::new);
    }

    /**
     * Measures a case: each side does the work once to get warm, then the sides take turns. Beside the seconds of each turn
     * stands the share of the processors' time that the machine's host gave to others meanwhile.
     *
     * @param repetitions that count, of each side
     * @param logs folder of the sides' messages
     * @param progress told what goes on
     */
    static ObjectNode run(BenchCase work, int repetitions, Path logs, PrintWriter progress, Starter starter)
            throws IOException, InterruptedException {
        List<Turns> workers = new ArrayList<>();
        try {
            for (Side side : work.sides()) {
                say(progress, work.name() + ": starting " + side.name());
                workers.add(starter.start(side, logs.resolve(work.name() + "-" + side.name() + ".log")));
            }
            List<ObjectNode> first = new ArrayList<>();
            for (int i = 0; i < workers.size(); i++) {
                say(
                        progress,
                        work.name() + ": warming up " + work.sides().get(i).name());
                first.add(workers.get(i).go());
            }
            double[][] seconds = new double[workers.size()][repetitions];
            double[][] stolen = new double[workers.size()][repetitions];
            for (int repetition = 0; repetition < repetitions; repetition++) {
                for (int i = 0; i < workers.size(); i++) {
                    // Whoever goes first in one round goes later in the next.
                    int which = (i + repetition) % workers.size();
                    CpuTime before = CpuTime.now();
                    seconds[which][repetition] =
                            workers.get(which).go().get("seconds").doubleValue();
                    stolen[which][repetition] = CpuTime.now().stolenSince(before);
                    say(
                            progress,
                            String.format(
                                    Locale.ROOT,
                                    "%s: repetition %d of %d, %s: %.2f s",
                                    work.name(),
                                    repetition + 1,
                                    repetitions,
                                    work.sides().get(which).name(),
                                    seconds[which][repetition]));
                }
            }
            return results(work, seconds, stolen, first, workers);
        } finally {
            for (Turns worker : workers) {
                worker.close();
            }
        }
    }

    private static void say(PrintWriter progress, String text) {
        progress.println("retort: " + text);
        progress.flush();
    }

    private static ObjectNode results(
            BenchCase work, double[][] seconds, double[][] stolen, List<ObjectNode> first, List<Turns> workers)
            throws IOException {
        ObjectNode result = Rows.mapper().createObjectNode();
        result.put("case", work.name());
        result.set("work", work.work());
        result.put(work.unit(), work.units());
        ArrayNode sides = result.putArray("sides");
        double ours = Timings.median(seconds[0]);
        for (int i = 0; i < workers.size(); i++) {
            Side side = work.sides().get(i);
            double median = Timings.median(seconds[i]);
            ObjectNode row = sides.addObject();
            row.put("side", side.name());
            row.put("description", side.description());
            add(row.putArray("seconds"), seconds[i]);
            add(row.putArray("stolen"), stolen[i]);
            row.put("median_seconds", Timings.rounded(median, 3));
            row.put("spread", Timings.rounded(Timings.spread(seconds[i]), 3));
            row.put(work.unit() + "_per_second", Timings.rounded(work.units() / median, 1));
            row.put("peak_resident_mb", workers.get(i).peakResidentBytes() >> 20);
            row.put("median_over_ours", Timings.rounded(median / ours, 3));
            ObjectNode values = first.get(i).deepCopy();
            values.remove("seconds");
            row.set("first_values", values);
        }
        return result;
    }

    private static void add(ArrayNode to, double[] values) {
        for (double value : values) {
            to.add(Timings.rounded(value, 3));
        }
    }
}
