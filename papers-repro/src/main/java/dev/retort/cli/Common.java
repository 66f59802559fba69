package dev.retort.cli;

import ai.djl.Device;
import dev.retort.data.Precision;
import dev.retort.model.LoadedModel;
import dev.retort.model.ModelHub;
import dev.retort.model.Models;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import picocli.CommandLine.Option;

/** The options of every command. */
final class Common {

    @Option(
            names = "--device",
            paramLabel = "cpu|gpu|auto",
            defaultValue = "auto",
            description = "Where models run; auto takes a GPU if there is one. Default: ${DEFAULT-VALUE}")
    private String device;

    @Option(
            names = "--dtype",
            paramLabel = "float32|bfloat16|int8",
            defaultValue = "float32",
            description =
                    "Number type of matrix products. Default: ${DEFAULT-VALUE}. The others: generate, evaluate, and"
                            + " local teachers of sample and judge")
    private String dtype;

    @Option(names = "--threads", paramLabel = "N", description = "Threads of tensor operations. Default: all cores")
    private Integer threads;

    @Option(names = "--quiet", description = "No progress on stderr")
    private boolean quiet;

    @Option(names = "--verbose", description = "Stack traces and more logging")
    private boolean verbose;

    boolean quiet() {
        return quiet;
    }

    boolean verbose() {
        return verbose;
    }

    Integer threads() {
        return threads;
    }

    /** Applies what must be set before the first tensor is made, for a command that multiplies matrices in float32 only. */
    void apply() {
        if (applyWithDtype() != Precision.FLOAT32) {
            throw new UsageException("--dtype " + dtype + " is for generate, evaluate, and local teachers of sample and"
                    + " judge; a training takes bf16: true");
        }
    }

    /** As {@link #apply}, giving the numbers that --dtype asks for. */
    Precision applyWithDtype() {
        if (threads != null) {
            if (threads < 1) {
                throw new UsageException("--threads must be at least 1, not " + threads);
            }
            System.setProperty("ai.djl.pytorch.num_threads", threads.toString());
        }
        if (verbose) {
            System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "info");
        }
        return switch (dtype.toLowerCase(Locale.ROOT)) {
            case "float32" -> Precision.FLOAT32;
            case "bfloat16" -> Precision.BFLOAT16;
            case "int8" -> Precision.INT8;
            default -> throw new UsageException("--dtype " + dtype + ": give float32, bfloat16 or int8");
        };
    }

    /** The device that was asked for. */
    Device device() {
        return switch (device.toLowerCase(Locale.ROOT)) {
            case "cpu" -> Device.cpu();
            case "auto" -> gpus() > 0 ? Device.gpu() : Device.cpu();
            case "gpu" -> {
                if (gpus() == 0) {
                    throw new UsageException("--device gpu: no GPU is visible to PyTorch here");
                }
                yield Device.gpu();
            }
            default -> throw new UsageException("--device " + device + ": give cpu, gpu or auto");
        };
    }

    private static int gpus() {
        return ai.djl.engine.Engine.getEngine("PyTorch").getGpuCount();
    }

    /** Loads MODEL: a Hugging Face folder, a GGUF file, or hf:org/name@revision. */
    LoadedModel load(String model) throws IOException, InterruptedException {
        return Models.load(path(model), device());
    }

    /** As {@link #load(String)}, with matrix products in these numbers. */
    LoadedModel load(String model, Precision precision) throws IOException, InterruptedException {
        return Models.load(path(model), device(), precision);
    }

    /** Where MODEL lies; hf:org/name@revision is downloaded first if it is not in the cache. */
    Path path(String model) throws IOException, InterruptedException {
        if (!model.startsWith("hf:")) {
            return Path.of(model);
        }
        ModelHub hub = ModelHub.fromEnvironment();
        return (quiet ? hub : hub.withListener(Common::showDownload)).fetch(model);
    }

    private static void showDownload(String file, long bytes, long total) {
        System.err.printf(
                Locale.ROOT, "retort: %s: %d%s MB%n", file, bytes >> 20, total < 0 ? "" : " of " + (total >> 20));
    }
}
