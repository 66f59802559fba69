package dev.retort.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.data.DataCatalogue;
import dev.retort.data.DataFile;
import dev.retort.data.DataFileStatus;
import dev.retort.data.DataSet;
import dev.retort.data.Rows;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** The data-set catalogue. */
@Command(
        name = "data",
        mixinStandardHelpOptions = true,
        description = {
            "Lists, downloads and checks the data sets that the recipes use, tells what train and test share, and writes the"
                    + " questions of a task.",
            "Files are looked for in RETORT_DATA, then in RETORT_CACHE (default ~/.cache/retort/data)."
        },
        footer = {
            "",
            "Examples:",
            "  retort data list",
            "  retort data fetch svamp",
            "  retort data check svamp",
            "  retort data overlap svamp",
            "  retort data questions last-letters --count 1500 --out letters.jsonl"
        },
        subcommands = {
            DataCommand.ListCommand.class,
            DataCommand.FetchCommand.class,
            DataCommand.CheckCommand.class,
            OverlapCommand.class,
            QuestionsCommand.class
        })
final class DataCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        throw new ParameterException(spec.commandLine(), "give what to do: list, fetch, check, overlap or questions");
    }

    /** The data set of a name given on the command line. */
    private static DataSet set(DataCatalogue catalogue, String name) {
        try {
            return catalogue.set(name);
        } catch (IllegalArgumentException e) {
            throw new UsageException(e.getMessage());
        }
    }

    /** Where a file lies, without looking into it. */
    static Optional<Path> find(DataCatalogue catalogue, DataSet set, DataFile file) {
        try {
            return Optional.of(catalogue.resolve(
                    set.name(), file.path().substring(set.name().length() + 1)));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /** How many files of a data set lie on this machine. */
    static int present(DataCatalogue catalogue, DataSet set) {
        int present = 0;
        for (DataFile file : set.files()) {
            present += find(catalogue, set, file).isPresent() ? 1 : 0;
        }
        return present;
    }

    /** Lists the catalogue. */
    @Command(
            name = "list",
            mixinStandardHelpOptions = true,
            description = "Every data set, its licence, its papers, and whether it is here.")
    static final class ListCommand implements Callable<Integer> {

        @Mixin
        private Common common;

        @Option(names = "--json", description = "A JSON list instead of a table, with every file")
        private boolean json;

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() {
            common.apply();
            DataCatalogue catalogue = DataCatalogue.standard();
            PrintWriter out = spec.commandLine().getOut();
            if (json) {
                out.println(json(catalogue));
            } else {
                AlignedTable table = new AlignedTable("name", "here", "size", "papers", "licence");
                for (DataSet set : catalogue.sets()) {
                    long bytes = set.files().stream().mapToLong(DataFile::bytes).sum();
                    int present = present(catalogue, set);
                    int files = set.files().size();
                    table.add(
                            set.name(),
                            present == files ? "yes" : present == 0 ? "no" : present + " of " + files,
                            String.format(Locale.ROOT, "%.1f MB", bytes / 1e6),
                            String.join(", ", set.papers()),
                            set.teacherTerms() == null ? set.licence() : set.licence() + "; " + set.teacherTerms());
                }
                out.print(table);
            }
            out.flush();
            return Retort.DONE;
        }

        private static ArrayNode json(DataCatalogue catalogue) {
            ArrayNode list = Rows.mapper().createArrayNode();
            for (DataSet set : catalogue.sets()) {
                ObjectNode entry = list.addObject();
                entry.put("name", set.name());
                set.papers().forEach(entry.putArray("papers")::add);
                entry.put("licence", set.licence());
                entry.put("redistributable", set.redistributable());
                entry.put("teacher_terms", set.teacherTerms());
                entry.put("source", set.source());
                entry.put("note", set.note());
                entry.put("present", present(catalogue, set) == set.files().size());
                ArrayNode files = entry.putArray("files");
                for (DataFile file : set.files()) {
                    ObjectNode node = files.addObject();
                    node.put("path", file.path());
                    node.put("bytes", file.bytes());
                    node.put("sha256", file.sha256());
                    node.put(
                            "local",
                            find(catalogue, set, file).map(Path::toString).orElse(null));
                }
            }
            return list;
        }
    }

    /** Downloads a data set. */
    @Command(
            name = "fetch",
            mixinStandardHelpOptions = true,
            description = "Downloads what is missing of a data set and checks its hashes; prints where the files lie.")
    static final class FetchCommand implements Callable<Integer> {

        @Mixin
        private Common common;

        @Parameters(index = "0", paramLabel = "NAME", description = "A data set; retort data list prints them")
        private String name;

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() throws IOException {
            common.apply();
            DataCatalogue catalogue = DataCatalogue.standard();
            DataSet set = set(catalogue, name);
            if (!common.quiet()) {
                spec.commandLine()
                        .getErr()
                        .println("retort: " + set.name() + ": licence " + set.licence()
                                + (set.teacherTerms() == null ? "" : "; " + set.teacherTerms()));
            }
            PrintWriter out = spec.commandLine().getOut();
            catalogue.fetch(name).forEach(out::println);
            out.flush();
            return Retort.DONE;
        }
    }

    /** Compares files with the catalogue's hashes. */
    @Command(
            name = "check",
            mixinStandardHelpOptions = true,
            description = {
                "Compares every file that is here with the catalogue's hashes.",
                "Exit status 1 if one differs, or if NAME is given and one of its files is missing."
            })
    static final class CheckCommand implements Callable<Integer> {

        @Mixin
        private Common common;

        @Parameters(index = "0", arity = "0..1", paramLabel = "NAME", description = "One data set; absent: all")
        private String name;

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() throws IOException {
            common.apply();
            DataCatalogue catalogue = DataCatalogue.standard();
            if (name != null) {
                set(catalogue, name);
            }
            AlignedTable table = new AlignedTable("state", "file", "where");
            List<DataFileStatus> files = catalogue.check().stream()
                    .filter(file -> name == null || file.set().equals(name))
                    .toList();
            int different = 0;
            int missing = 0;
            for (DataFileStatus file : files) {
                different += file.state() == DataFileStatus.State.DIFFERENT ? 1 : 0;
                missing += file.state() == DataFileStatus.State.MISSING ? 1 : 0;
                table.add(
                        file.state().name().toLowerCase(Locale.ROOT),
                        file.file().path(),
                        file.path() == null ? "-" : file.path().toString());
            }
            PrintWriter out = spec.commandLine().getOut();
            out.print(table);
            out.println(
                    files.size() - different - missing + " ok, " + missing + " missing, " + different + " different");
            out.flush();
            if (different > 0) {
                spec.commandLine()
                        .getErr()
                        .println("retort: " + different
                                + " files differ from the catalogue; remove them and fetch again");
                return Retort.FAILED;
            }
            if (missing > 0 && name != null) {
                spec.commandLine()
                        .getErr()
                        .println("retort: " + name + ": " + missing + " of " + files.size()
                                + " files are missing; run: retort data fetch " + name);
                return Retort.FAILED;
            }
            return Retort.DONE;
        }
    }
}
