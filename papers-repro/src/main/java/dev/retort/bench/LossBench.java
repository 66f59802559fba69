package dev.retort.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.data.AtomicFiles;
import dev.retort.data.Rows;
import dev.retort.loss.JensenShannon;
import dev.retort.model.SafetensorsFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A distillation loss with its gradients by hidden states and head, at the shapes of SmolLM2-135M and of Qwen2.5-0.5B. */
final class LossBench {

    private final int threads;
    private final Path folder;
    private final Peers peers;

    /** Tokens, vocabulary and width. */
    record Size(String name, int tokens, int vocabulary, int width) {}

    private static final List<Size> SIZES =
            List.of(new Size("smollm2", 1024, 49_152, 576), new Size("qwen2.5", 256, 151_936, 896));

    /** TRL's beta: 0 forward KL, 1 reverse KL. */
    private record Loss(String name, double beta) {}

    private static final List<Loss> LOSSES =
            List.of(new Loss("forward-kl", 0), new Loss("reverse-kl", 1), new Loss("jsd", 0.5));

    private static final float TEACHER_APART = 0.25f;

    private static final double TEMPERATURE = 1;

    /** So many of the tokens are compared with float64 too. */
    private static final int EXACT_TOKENS = 32;

    private static final List<String> TENSORS = List.of("values", "hidden_gradient", "head_gradient");

    LossBench(int threads, Path folder, Peers peers) {
        this.threads = threads;
        this.folder = folder;
        this.peers = peers;
    }

    static List<String> names() {
        return SIZES.stream()
                .flatMap(size -> LOSSES.stream().map(loss -> size.name() + "-" + loss.name()))
                .toList();
    }

    /** Measures a case, and compares what the sides computed. */
    ObjectNode run(String name, int repetitions, PrintWriter progress) throws IOException, InterruptedException {
        Size size = SIZES.stream()
                .filter(each -> name.startsWith(each.name() + "-"))
                .findFirst()
                .orElseThrow();
        Loss loss = LOSSES.stream()
                .filter(each -> name.equals(size.name() + "-" + each.name()))
                .findFirst()
                .orElseThrow();
        return run(name, size, loss.beta(), repetitions, progress);
    }

    ObjectNode run(String name, Size size, double beta, int repetitions, PrintWriter progress)
            throws IOException, InterruptedException {
        BenchCase work = make(name, size, beta);
        for (Side side : work.sides()) {
            Files.deleteIfExists(results(name, side.name()));
        }
        ObjectNode result = Comparison.run(work, repetitions, folder, progress);
        double[] exact = ExactLoss.values(
                new JensenShannon(beta),
                TEMPERATURE,
                Math.min(EXACT_TOKENS, size.tokens()),
                size.vocabulary(),
                size.width(),
                headBound(size),
                TEACHER_APART);
        for (JsonNode side : result.get("sides")) {
            Path theirs = results(name, side.get("side").asText());
            if (!Files.exists(theirs)) {
                continue;
            }
            if (!side.get("side").asText().equals("retort")) {
                ObjectNode apart = ((ObjectNode) side).putObject("apart_from_ours");
                for (String tensor : TENSORS) {
                    apart.put(tensor, apart(results(name, "retort"), theirs, tensor));
                }
            }
            ((ObjectNode) side).put("apart_from_float64", largest(exact, read(theirs, "values")));
        }
        return result;
    }

    private Path results(String name, String side) {
        return folder.resolve("loss-" + name + "-" + side + ".safetensors");
    }

    /** So wide that the student's logits have a standard deviation of 3, as a language model's have. */
    private static float headBound(Size size) {
        return (float) (9 / Math.sqrt(size.width()));
    }

    private BenchCase make(String name, Size size, double beta) throws IOException {
        ObjectNode json = Rows.mapper().createObjectNode();
        json.put("threads", threads);
        json.put("tokens", size.tokens());
        json.put("vocabulary", size.vocabulary());
        json.put("width", size.width());
        json.put("head_bound", headBound(size));
        json.put("teacher_apart", TEACHER_APART);
        json.put("temperature", TEMPERATURE);
        json.put("beta", beta);
        json.put("head_row_step", LossWorker.HEAD_ROW_STEP);
        Path file = folder.resolve("loss-" + name + ".json");
        AtomicFiles.writeText(file, Rows.mapper().writeValueAsString(json));
        ObjectNode figures = Rows.mapper().createObjectNode();
        figures.put("tokens", size.tokens());
        figures.put("vocabulary", size.vocabulary());
        figures.put("width", size.width());
        figures.put("beta", beta);
        figures.put("temperature", TEMPERATURE);
        figures.put("dtype", "float32");
        List<Side> sides = new ArrayList<>();
        sides.add(new Side(
                "retort",
                "HeadDivergence: closed form over chunks of tokens, the head's gradient added in place",
                OurJvm.command(
                        LossWorker.class,
                        file.toString(),
                        "loss",
                        results(name, "retort").toString())));
        sides.add(new Side(
                "trl-autograd",
                "logits of both by torch.nn.functional.linear, GKDTrainer.generalized_jsd_loss, autograd",
                command(file, "autograd", results(name, "trl-autograd"))));
        sides.add(new Side(
                "trl-chunked",
                "trl.kernels.chunked_divergence.ChunkedDivergenceFunction, plain torch on a CPU",
                command(file, "chunked", results(name, "trl-chunked"))));
        sides.add(new Side(
                "limit",
                "the four products alone: both sides' logits, the gradients by hidden states and head",
                OurJvm.command(LossWorker.class, file.toString(), "products")));
        return new BenchCase(name, size.tokens(), "tokens", figures, sides);
    }

    private List<String> command(Path file, String mode, Path results) {
        return peers.command("loss.py", file.toString(), "--mode", mode, "--results", results.toString());
    }

    /** The largest difference of a value over 1 + its size; of a gradient the norm of the difference over the norm. */
    private static double apart(Path ours, Path theirs, String tensor) throws IOException {
        float[] a = read(ours, tensor);
        float[] b = read(theirs, tensor);
        if (a.length != b.length) {
            throw new IOException(
                    String.format(Locale.ROOT, "%s: %s has %d numbers, not %d", theirs, tensor, b.length, a.length));
        }
        if (tensor.equals("values")) {
            return largest(doubles(b), a);
        }
        double difference = 0;
        double norm = 0;
        for (int i = 0; i < a.length; i++) {
            double gap = a[i] - (double) b[i];
            difference += gap * gap;
            norm += (double) b[i] * b[i];
        }
        return Math.sqrt(difference / norm);
    }

    /** Over the reference's places: the largest difference over 1 + the reference's size. */
    private static double largest(double[] reference, float[] values) {
        double largest = 0;
        for (int i = 0; i < reference.length; i++) {
            largest = Math.max(largest, Math.abs(values[i] - reference[i]) / (1 + Math.abs(reference[i])));
        }
        return largest;
    }

    private static double[] doubles(float[] values) {
        double[] copy = new double[values.length];
        for (int i = 0; i < copy.length; i++) {
            copy[i] = values[i];
        }
        return copy;
    }

    static float[] read(Path file, String tensor) throws IOException {
        try (SafetensorsFile source = SafetensorsFile.open(file)) {
            long size = 1;
            for (long side : source.shape(tensor)) {
                size *= side;
            }
            FloatBuffer values = FloatBuffer.allocate(Math.toIntExact(size));
            source.readFloats(tensor, values);
            return values.array();
        }
    }
}
