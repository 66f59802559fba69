package dev.retort.cli;

import ai.djl.util.cuda.CudaUtils;
import dev.retort.data.DataCatalogue;
import dev.retort.data.DataSet;
import dev.retort.data.Nearest;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Lists the papers and their recipes. */
@Command(
        name = "papers",
        mixinStandardHelpOptions = true,
        description = {
            "Lists the papers and their recipes, and whether they can run here.",
            "What a recipe needs: model, data, device, and hours on the machine that it was written for."
        },
        footer = {"", "Then:", "  retort run step-by-step --recipe tiny --dry-run"})
final class PapersCommand implements Callable<Integer> {

    @Mixin
    private Common common;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        common.apply();
        DataCatalogue catalogue = DataCatalogue.standard();
        AlignedTable table = new AlignedTable("paper", "recipe", "model", "data", "device", "hours", "met here");
        for (String paper : PaperFiles.PAPERS) {
            boolean any = false;
            for (String recipe : PaperFiles.RECIPES) {
                Optional<Map<String, String>> needs = PaperFiles.needs(paper, recipe);
                if (needs.isPresent()) {
                    any = true;
                    table.add(
                            paper,
                            recipe,
                            shown(needs.get(), "model"),
                            shown(needs.get(), "data"),
                            shown(needs.get(), "device"),
                            shown(needs.get(), "hours"),
                            met(needs.get(), PaperFiles.model(paper, recipe), catalogue));
                }
            }
            if (!any) {
                table.add(paper, "not yet", "", "", "", "", "");
            }
        }
        PrintWriter out = spec.commandLine().getOut();
        out.print(table);
        out.flush();
        return Retort.DONE;
    }

    private static String shown(Map<String, String> needs, String key) {
        return needs.getOrDefault(key, "?");
    }

    /** The names in a value: separated by commas, remarks in parentheses left out, none for "none". */
    static List<String> names(String value) {
        List<String> names = new ArrayList<>();
        for (String part : value.replaceAll("\\([^()]*\\)", "").split(",", -1)) {
            String name = part.strip();
            if (!name.isEmpty() && !name.equals("none")) {
                names.add(name);
            }
        }
        return names;
    }

    /**
     * "yes", or "no" and what is missing.
     *
     * @param path of the model, below the checkout, or hf:org/name@revision; else the name in the needs is the path
     */
    static String met(Map<String, String> needs, Optional<String> path, DataCatalogue catalogue) {
        List<String> missing = new ArrayList<>();
        for (String name : names(needs.getOrDefault("model", "none"))) {
            String model = path.orElse(name);
            if (model.startsWith("hf:")) {
                if (!Files.isDirectory(cached(model, System.getenv()))) {
                    missing.add("model " + model + " is not in the Hugging Face cache, and is downloaded at first use");
                }
            } else if (!Files.exists(
                    Path.of(System.getProperty("retort.root", ".")).resolve(model))) {
                missing.add("model " + model + " is not here");
            }
        }
        for (String data : names(needs.getOrDefault("data", "none"))) {
            missingData(catalogue, data).ifPresent(missing::add);
        }
        if (names(needs.getOrDefault("device", "cpu")).contains("gpu") && CudaUtils.getGpuCount() == 0) {
            missing.add("no GPU");
        }
        return missing.isEmpty() ? "yes" : "no: " + String.join("; ", missing);
    }

    /** Where the Hugging Face cache keeps the downloads of hf:org/name@revision. */
    static Path cached(String model, Map<String, String> environment) {
        String home = environment.getOrDefault(
                "HF_HOME",
                Path.of(System.getProperty("user.home"), ".cache", "huggingface")
                        .toString());
        String hub =
                environment.getOrDefault("HF_HUB_CACHE", Path.of(home, "hub").toString());
        String name = model.substring("hf:".length()).split("@", 2)[0];
        return Path.of(hub, "models--" + name.replace("/", "--"), "snapshots");
    }

    private static Optional<String> missingData(DataCatalogue catalogue, String name) {
        Optional<DataSet> set = catalogue.sets().stream()
                .filter(candidate -> candidate.name().equals(name))
                .findFirst();
        if (set.isEmpty()) {
            List<String> names = catalogue.sets().stream().map(DataSet::name).toList();
            return Optional.of("data " + name + " is not in the catalogue"
                    + Nearest.of(name, names)
                            .map(nearest -> " (the nearest is " + nearest + ")")
                            .orElse(""));
        }
        boolean here =
                DataCommand.present(catalogue, set.get()) == set.get().files().size();
        return here ? Optional.empty() : Optional.of("data " + name + ": retort data fetch " + name);
    }
}
