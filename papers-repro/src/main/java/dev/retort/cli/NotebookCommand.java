package dev.retort.cli;

import dev.retort.run.Interrupt;
import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Starts JupyterLab with the Java kernel. */
@Command(
        name = "notebook",
        mixinStandardHelpOptions = true,
        description = {
            "Starts JupyterLab in notebooks/ with the kernel \"Java (Retort)\", for this machine alone.",
            "Cells see Retort's classes and its libraries. Ctrl-C ends JupyterLab and its kernels.",
            "The first start makes a Python environment in notebooks/target/jupyterlab, which takes a minute or two"
                    + " and needs python3 (3.10 or later) with venv and the package index. The kernel, and Jupyter's"
                    + " settings and state, lie in there and not in the home folder."
        },
        footer = {
            "",
            "Environment:",
            "  RETORT_JAVA_OPTS   more options for the kernels' JVM; -Xmx2g unless given",
            "",
            "Examples:",
            "  retort notebook",
            "  retort notebook --no-browser --port 8899",
            "",
            "From afar: ssh -L 8899:localhost:8899 MACHINE, then open the printed address."
        })
final class NotebookCommand implements Callable<Integer> {

    /** More than the five seconds that JupyterLab gives each kernel to end by itself. */
    private static final long END_SECONDS = 30;

    @Mixin
    private Common common;

    @Option(names = "--no-browser", description = "Print the address and open no browser")
    private boolean noBrowser;

    @Option(
            names = "--port",
            paramLabel = "N",
            description = "The port to listen on. Default: the first free one from 8888")
    private Integer port;

    private Runnable stop = () -> {};
    private boolean stopped;

    @Override
    public Integer call() throws IOException, InterruptedException {
        common.apply();
        if (port != null) {
            requireFree(port);
        }
        Path notebooks =
                Path.of(System.getProperty("retort.root", "."), "notebooks").toAbsolutePath();
        if (!Files.isRegularFile(notebooks.resolve("jupyter-env.sh"))) {
            throw new IOException(notebooks + ": no jupyter-env.sh there; start ./retort in a checkout of Retort");
        }
        Path environment = notebooks.resolve("target").resolve("jupyterlab");
        try (Interrupt interrupt = Interrupt.onSignals(this::stop)) {
            int status = run(setUp(notebooks, environment), NotebookCommand::endSetUp);
            if (status == 0 && !interrupt.requested()) {
                if (!common.quiet()) {
                    System.err.println("retort: starting JupyterLab in " + notebooks + "; Ctrl-C ends it ...");
                }
                status = run(jupyterLab(notebooks, environment), this::endJupyterLab);
            }
            if (interrupt.requested()) {
                return Folders.INTERRUPTED;
            }
            return status == 0 ? Retort.DONE : Retort.FAILED;
        }
    }

    /** Makes the Python environment where it is missing or old, and writes the kernel. */
    private ProcessBuilder setUp(Path notebooks, Path environment) {
        ProcessBuilder builder = new ProcessBuilder(
                "sh",
                notebooks.resolve("jupyter-env.sh").toString(),
                environment.toString(),
                notebooks.resolve("requirements.txt").toString(),
                notebooks.resolve("requirements-lab.txt").toString());
        List<String> options =
                new ArrayList<>(opens(ManagementFactory.getRuntimeMXBean().getInputArguments()));
        if (common.threads() != null) {
            options.add("-Dai.djl.pytorch.num_threads=" + common.threads());
        }
        options.add(System.getenv().getOrDefault("RETORT_JAVA_OPTS", ""));
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().put("RETORT_JVM_OPTS", String.join(" ", options).strip());
        builder.environment()
                .put(
                        "RETORT_CLASSPATH",
                        notebooks.resolve("target").resolve("classes")
                                + File.pathSeparator
                                + System.getProperty("java.class.path"));
        return builder;
    }

    private ProcessBuilder jupyterLab(Path notebooks, Path environment) {
        List<String> command = new ArrayList<>(List.of(
                environment.resolve("bin").resolve("python").toString(),
                "-I",
                notebooks.resolve("lab.py").toString(),
                notebooks.toString()));
        if (noBrowser) {
            command.add("--no-browser");
        }
        if (port != null) {
            command.add("--port=" + port);
        }
        if (common.verbose()) {
            command.add("--verbose");
        }
        return new ProcessBuilder(command);
    }

    /** What this JVM was told to open for Beam and Flink, which the kernel's needs as well. */
    static List<String> opens(List<String> jvmOptions) {
        return jvmOptions.stream()
                .filter(option -> option.startsWith("--add-opens="))
                .toList();
    }

    static void requireFree(int port) throws IOException {
        if (port < 1 || port > 65_535) {
            throw new UsageException("--port must be from 1 to 65535, not " + port);
        }
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        } catch (IOException e) {
            throw new IOException(
                    "port " + port + " cannot be had (" + e.getMessage() + "); choose another with --port, or leave"
                            + " --port out to take the first free one",
                    e);
        }
    }

    /**
     * Runs a program to its end.
     *
     * @param end asks it to end when a signal has come
     */
    private int run(ProcessBuilder builder, Consumer<Process> end) throws IOException, InterruptedException {
        builder.redirectOutput(Redirect.INHERIT).redirectError(Redirect.INHERIT);
        Process process;
        synchronized (this) {
            if (stopped) {
                return Folders.INTERRUPTED;
            }
            process = builder.start();
            stop = () -> end.accept(process);
        }
        return process.waitFor();
    }

    /** Runs on a thread of its own when a signal has come. */
    private void stop() {
        Runnable now;
        synchronized (this) {
            stopped = true;
            now = stop;
        }
        now.run();
    }

    private static void endSetUp(Process process) {
        process.descendants().forEach(ProcessHandle::destroy);
        process.destroy();
    }

    /** JupyterLab ends, and its kernels with it, when its standard input does. */
    private void endJupyterLab(Process process) {
        if (!common.quiet()) {
            System.err.println("\nretort: ending JupyterLab and its kernels ...");
        }
        try {
            process.getOutputStream().close();
            if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
            }
        } catch (IOException e) {
            process.destroy();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
