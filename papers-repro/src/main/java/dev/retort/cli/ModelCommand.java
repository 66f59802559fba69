package dev.retort.cli;

import ai.djl.ndarray.NDArray;
import dev.retort.batch.Tokenizer;
import dev.retort.data.AtomicFiles;
import dev.retort.model.LlamaModel;
import dev.retort.model.LoadedModel;
import dev.retort.model.Models;
import dev.retort.model.SafetensorsFolder;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Converts models and cuts them down. */
@Command(
        name = "model",
        mixinStandardHelpOptions = true,
        description = "Converts models between files and makes layer-dropped students.",
        subcommands = {ModelCommand.ImportCommand.class, ModelCommand.PruneCommand.class})
final class ModelCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        throw new ParameterException(
                spec.commandLine(), "give what to do: import or prune; retort model --help says more");
    }

    private static void requireEmpty(Path target) throws IOException {
        if (!Files.exists(target)) {
            return;
        }
        if (!Files.isDirectory(target)) {
            throw new IOException(target + ": is a file; give a folder that is empty or absent");
        }
        try (var entries = Files.list(target)) {
            if (entries.findAny().isPresent()) {
                throw new IOException(target + ": not empty; give a folder that is empty or absent");
            }
        }
    }

    /** Makes a Hugging Face folder. */
    @Command(
            name = "import",
            mixinStandardHelpOptions = true,
            description = {
                "Makes a Hugging Face folder, in float32, of a GGUF file or another folder.",
                "The folder is opened again and every weight compared exactly before it gets its name. transformers"
                        + " opens it."
            },
            footer = {
                "",
                "Examples:",
                "  retort model import SmolLM2-135M-Instruct.Q4_1.gguf models/SmolLM2",
                "  retort model import hf:HuggingFaceTB/SmolLM2-135M@main models/SmolLM2-135M"
            })
    static final class ImportCommand implements Callable<Integer> {

        private static final List<String> PROBES =
                List.of("", "Hello world", "  two blanks\n\nand 1234 digits", "ünïcödé, 你好, 🙂");

        @Mixin
        private Common common;

        @Parameters(index = "0", paramLabel = "SRC", description = "Folder, GGUF file or hf:org/name")
        private String source;

        @Parameters(index = "1", paramLabel = "DIR", description = "The folder to make; must be empty or absent")
        private Path target;

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() throws IOException, InterruptedException {
            common.apply();
            requireEmpty(target);
            Path absolute = target.toAbsolutePath().normalize();
            if (absolute.getFileName() == null) {
                throw new UsageException(target + " cannot be made; give a folder's name");
            }
            Path unchecked = absolute.resolveSibling(absolute.getFileName() + ".unchecked" + AtomicFiles.PARTIAL);
            try {
                int tensors;
                long numbers = 0;
                List<int[]> probes;
                try (LoadedModel loaded = common.load(source)) {
                    Models.save(loaded, unchecked);
                    Map<String, NDArray> arrays = loaded.model().weights().arrays();
                    compare(arrays, unchecked);
                    tensors = arrays.size();
                    for (NDArray array : arrays.values()) {
                        numbers += array.size();
                    }
                    probes = probes(loaded.tokenizer());
                }
                // One model in memory at a time.
                try (LoadedModel again = Models.load(unchecked, common.device())) {
                    requireSameIds(probes, probes(again.tokenizer()));
                }
                Files.move(unchecked, absolute, StandardCopyOption.ATOMIC_MOVE);
                AtomicFiles.sync(absolute.getParent());
                PrintWriter out = spec.commandLine().getOut();
                out.println(String.format(
                        Locale.ROOT,
                        "%s: %d tensors, %d numbers, float32, %s; opened again and compared exactly",
                        target,
                        tensors,
                        numbers,
                        probes.isEmpty() ? "no tokenizer" : "with tokenizer"));
                out.flush();
            } finally {
                AtomicFiles.deleteTree(unchecked);
            }
            return Retort.DONE;
        }

        private static void compare(Map<String, NDArray> arrays, Path folder) throws IOException {
            try (SafetensorsFolder written = SafetensorsFolder.open(folder)) {
                for (Map.Entry<String, NDArray> entry : arrays.entrySet()) {
                    float[] wanted = entry.getValue().toFloatArray();
                    float[] found = new float[wanted.length];
                    boolean same = Arrays.equals(
                            written.shape(entry.getKey()),
                            entry.getValue().getShape().getShape());
                    if (same) {
                        written.readFloats(entry.getKey(), FloatBuffer.wrap(found));
                        for (int i = 0; i < wanted.length; i++) {
                            same &= Float.floatToRawIntBits(wanted[i]) == Float.floatToRawIntBits(found[i]);
                        }
                    }
                    if (!same) {
                        throw new IOException(folder + ": tensor " + entry.getKey()
                                + ": does not read back as it was written; check the disk and repeat");
                    }
                }
            }
        }

        /** Ids of texts that differ between tokenizers; none where there is no tokenizer. */
        private static List<int[]> probes(Tokenizer tokenizer) {
            return tokenizer == null ? List.of() : tokenizer.encodeAll(PROBES);
        }

        private void requireSameIds(List<int[]> wanted, List<int[]> found) throws IOException {
            boolean same = wanted.size() == found.size();
            for (int i = 0; same && i < wanted.size(); i++) {
                same = Arrays.equals(wanted.get(i), found.get(i));
            }
            if (!same) {
                throw new IOException(
                        source + ": its tokenizer gives other ids after a round trip; please report the model");
            }
        }
    }

    /** Makes a student of some of a model's layers. */
    @Command(
            name = "prune",
            mixinStandardHelpOptions = true,
            description = {
                "Makes a Hugging Face folder, in float32, of a model with some of its layers, to be trained as a"
                        + " student.",
                "The embedding, the last norm, the head and the tokenizer stay as they are. Models of the LLaMA family"
                        + " only (llama, mistral, qwen2, qwen3)."
            },
            footer = {
                "",
                "Examples:",
                "  retort model prune models/SmolLM2-135M models/half --keep-layers every-2nd",
                "  retort model prune models/SmolLM2-135M models/ten-layers --keep-layers 10"
            })
    static final class PruneCommand implements Callable<Integer> {

        private static final Pattern FORMS =
                Pattern.compile("every-[1-9][0-9]{0,3}(st|nd|rd|th)|[0-9]{1,4}(,[0-9]{1,4})*");

        @Mixin
        private Common common;

        @Parameters(index = "0", paramLabel = "SRC", description = "Folder, GGUF file or hf:org/name")
        private String source;

        @Parameters(index = "1", paramLabel = "DIR", description = "The folder to make; must be empty or absent")
        private Path target;

        @Option(
                names = "--keep-layers",
                required = true,
                paramLabel = "every-2nd|N|0,3,5",
                description =
                        "every-2nd keeps layers 0, 2, 4, ... (every-3rd: 0, 3, 6, ...); a number keeps so many at even"
                                + " distances, the first and the last among them; a list keeps the layers named, from 0,"
                                + " in ascending order")
        private String keep;

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() throws IOException, InterruptedException {
            common.apply();
            if (!FORMS.matcher(keep).matches()) {
                throw new UsageException(
                        "--keep-layers " + keep + ": give every-2nd, a number of layers, or layers from 0 like 0,3,5");
            }
            requireEmpty(target);
            try (LoadedModel whole = common.load(source)) {
                if (!(whole.model() instanceof LlamaModel)) {
                    throw new IOException(
                            source + ": layers can be dropped from models of the LLaMA family only (llama,"
                                    + " mistral, qwen2, qwen3)");
                }
                int depth =
                        whole.model().config().json().path("num_hidden_layers").asInt();
                int[] layers = layers(whole, depth);
                try (LoadedModel cut = Models.withLayers(whole, layers)) {
                    Models.save(cut, target.toAbsolutePath().normalize());
                    PrintWriter out = spec.commandLine().getOut();
                    out.println(String.format(
                            Locale.ROOT,
                            "%s: layers %s kept of %d, %d numbers, float32, %s",
                            target,
                            Arrays.stream(layers).mapToObj(Integer::toString).collect(Collectors.joining(", ")),
                            depth,
                            Models.parameters(cut.model().config().json()),
                            cut.tokenizer() == null ? "no tokenizer" : "with tokenizer"));
                    out.flush();
                }
            }
            return Retort.DONE;
        }

        private int[] layers(LoadedModel whole, int depth) {
            if (keep.startsWith("every-")) {
                int step = Integer.parseInt(keep.replaceAll("[^0-9]", ""));
                return IntStream.iterate(0, layer -> layer < depth, layer -> layer + step)
                        .toArray();
            }
            if (!keep.contains(",")) {
                int count = Integer.parseInt(keep);
                if (count < 1 || count > depth) {
                    throw new UsageException(
                            "--keep-layers " + keep + ": the model has " + depth + " layers; give 1 to " + depth);
                }
                return Models.evenLayers(whole, count);
            }
            int[] layers =
                    Arrays.stream(keep.split(",")).mapToInt(Integer::parseInt).toArray();
            int[] ascending = Arrays.stream(layers)
                    .filter(layer -> layer < depth)
                    .sorted()
                    .distinct()
                    .toArray();
            if (!Arrays.equals(layers, ascending)) {
                throw new UsageException("--keep-layers " + keep + ": give layers from 0 to " + (depth - 1)
                        + " in ascending order, none twice");
            }
            return layers;
        }
    }
}
