package dev.retort.cli;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.sun.management.OperatingSystemMXBean;
import dev.retort.batch.Tokenizer;
import dev.retort.data.DataCatalogue;
import dev.retort.data.DataSet;
import dev.retort.run.GitRevision;
import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/** Whether this machine can build, train and run notebooks. */
final class MachineCheck {

    private static final double GIB = 1L << 30;

    private MachineCheck() {}

    /** Looks at everything; nothing here throws. */
    static List<Finding> run() {
        List<Finding> findings = new ArrayList<>();
        findings.add(java());
        findings.add(memory());
        findings.add(cores());
        findings.add(disk());
        findings.add(pytorch());
        findings.add(tokenizers());
        findings.add(python());
        findings.add(jupyter());
        findings.add(dataFolder());
        findings.add(data());
        findings.add(git());
        return findings;
    }

    private static Finding java() {
        String found = Runtime.version() + " (" + System.getProperty("java.vendor") + "), "
                + System.getProperty("os.name") + " " + System.getProperty("os.arch");
        return Runtime.version().feature() >= 17
                ? Finding.ok("java", found)
                : Finding.fail("java", found + "; install a JDK of version 17 or later");
    }

    private static Finding memory() {
        OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
        double total = system.getTotalMemorySize() / GIB;
        String found = String.format(
                Locale.ROOT,
                "%.1f GiB, of which %.1f free; Java takes at most %.1f",
                total,
                system.getFreeMemorySize() / GIB,
                Runtime.getRuntime().maxMemory() / GIB);
        if (total < 2) {
            return Finding.fail("memory", found + "; 2 GiB are needed at least");
        }
        return total < 8
                ? Finding.warn("memory", found + "; training a model of 135 M weights takes about 7 GiB")
                : Finding.ok("memory", found);
    }

    private static Finding cores() {
        int cores = Runtime.getRuntime().availableProcessors();
        return cores < 2
                ? Finding.warn("cores", cores + "; hours in the recipes are for 2")
                : Finding.ok("cores", Integer.toString(cores));
    }

    private static Finding disk() {
        Path here = Path.of("").toAbsolutePath();
        try {
            double free = Files.getFileStore(here).getUsableSpace() / GIB;
            String found = String.format(Locale.ROOT, "%.1f GiB free at %s", free, here);
            if (free < 1) {
                return Finding.fail("disk", found + "; a run needs 1 GiB at least");
            }
            return free < 10
                    ? Finding.warn("disk", found + "; checkpoints of large students take more")
                    : Finding.ok("disk", found);
        } catch (IOException e) {
            return Finding.warn("disk", here + ": free space cannot be told: " + Retort.message(e));
        }
    }

    private static Finding pytorch() {
        int size = 64;
        try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
            Engine engine = Engine.getEngine("PyTorch");
            SplittableRandom random = new SplittableRandom(0);
            float[] a = new float[size * size];
            float[] b = new float[size * size];
            for (int i = 0; i < a.length; i++) {
                a[i] = (float) (random.nextDouble() - 0.5);
                b[i] = (float) (random.nextDouble() - 0.5);
            }
            NDArray product = manager.create(a, new Shape(size, size)).matMul(manager.create(b, new Shape(size, size)));
            double worst = worst(a, b, product.toFloatArray(), size);
            String found = String.format(
                    Locale.ROOT,
                    "%s through DJL %s, %d GPU; a %d x %d product differs from Java's by %.1e at most",
                    engine.getVersion(),
                    Engine.getDjlVersion(),
                    engine.getGpuCount(),
                    size,
                    size,
                    worst);
            return worst < 1e-4
                    ? Finding.ok("pytorch", found)
                    : Finding.fail("pytorch", found + "; its native library does not work on this machine");
        } catch (RuntimeException | LinkageError e) {
            return Finding.fail("pytorch", "its native library does not load: " + oneLine(e));
        }
    }

    private static double worst(float[] a, float[] b, float[] product, int size) {
        double worst = 0;
        for (int row = 0; row < size; row++) {
            for (int column = 0; column < size; column++) {
                double sum = 0;
                for (int i = 0; i < size; i++) {
                    sum += (double) a[row * size + i] * b[i * size + column];
                }
                double difference = Math.abs(sum - product[row * size + column]);
                worst = Double.isNaN(difference) ? Double.POSITIVE_INFINITY : Math.max(worst, difference);
            }
        }
        return worst;
    }

    private static Finding tokenizers() {
        try (Tokenizer tokenizer = Tokenizer.ofWords(List.of("one", "two"))) {
            int[] ids = tokenizer.encode("two one");
            return Arrays.equals(ids, new int[] {4, 3})
                    ? Finding.ok("tokenizers", "the native library loads and encodes")
                    : Finding.fail("tokenizers", "'two one' became " + Arrays.toString(ids) + ", not [4, 3]");
        } catch (IOException | RuntimeException | LinkageError e) {
            return Finding.fail("tokenizers", "its native library does not load: " + oneLine(e));
        }
    }

    private static Finding python() {
        Optional<String> version = output("python3", "-c", "import sys, venv; print(sys.version.split()[0])");
        return version.isPresent()
                ? Finding.ok("python3", version.get() + " with venv, for notebooks")
                : Finding.warn("python3", "not found, or without venv; only notebooks need it");
    }

    private static Finding jupyter() {
        Optional<String> version = output("python3", "-c", "import jupyter_core; print(jupyter_core.__version__)");
        return version.isPresent()
                ? Finding.ok("jupyter", "jupyter_core " + version.get())
                : Finding.warn("jupyter", "not found in python3; retort notebook makes an environment of its own");
    }

    /** The first line a command prints, where it is there and succeeds. */
    private static Optional<String> output(String... command) {
        try {
            Process process = new ProcessBuilder(command)
                    .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                return Optional.empty();
            }
            String text = new String(process.getInputStream().readNBytes(200), StandardCharsets.UTF_8);
            return process.exitValue() == 0 ? text.lines().findFirst() : Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static Finding dataFolder() {
        String folder = System.getenv("RETORT_DATA");
        if (folder == null || folder.isBlank()) {
            return Finding.ok("RETORT_DATA", "not set; data sets come from the cache");
        }
        return Files.isDirectory(Path.of(folder))
                ? Finding.ok("RETORT_DATA", folder)
                : Finding.warn("RETORT_DATA", folder + " is no folder; correct or unset it");
    }

    private static Finding data() {
        DataCatalogue catalogue = DataCatalogue.standard();
        List<String> missing = new ArrayList<>();
        for (DataSet set : catalogue.sets()) {
            if (DataCommand.present(catalogue, set) < set.files().size()) {
                missing.add(set.name());
            }
        }
        int all = catalogue.sets().size();
        return missing.isEmpty()
                ? Finding.ok("data", "all " + all + " data sets are here")
                : Finding.warn(
                        "data",
                        (all - missing.size()) + " of " + all + " data sets are here; retort data list shows which");
    }

    private static Finding git() {
        GitRevision git = GitRevision.detect();
        String revision = git.revision() == null ? "unknown" : git.revision();
        return revision.equals("unknown")
                ? Finding.warn("git", "the revision is unknown; run records will say so")
                : Finding.ok("git", revision + (git.dirty() ? ", changed" : ""));
    }

    private static String oneLine(Throwable e) {
        return e.toString().lines().findFirst().orElse("").strip();
    }
}
