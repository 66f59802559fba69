package dev.retort.papers.stepbystep;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.data.DataCatalogue;
import dev.retort.data.DataFile;
import dev.retort.data.DataSet;
import dev.retort.data.Rows;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Released files of a few rows in a folder, and the catalogue that lists them. */
final class SmallReleases {

    private static final String SET = "distilling_step_by_step";

    private final Path folder;
    private final List<DataFile> files = new ArrayList<>();
    private final List<DataFile> asdiv = new ArrayList<>();

    SmallReleases(Path folder) {
        this.folder = folder;
    }

    /** Rows "premise|hypothesis|label as number|teacher's output". */
    SmallReleases esnli(String split, List<String> rows) throws IOException {
        StringBuilder lines = new StringBuilder();
        ArrayNode outputs = Rows.mapper().createArrayNode();
        for (String row : rows) {
            String[] parts = row.split("\\|", -1);
            ObjectNode json = Rows.mapper().createObjectNode();
            json.put("premise", parts[0]).put("hypothesis", parts[1]).put("label", Integer.parseInt(parts[2]));
            lines.append(json).append('\n');
            outputs.add(parts[3]);
        }
        write(files, SET, "esnli/esnli_" + split + ".json", lines.toString());
        write(files, SET, "esnli/llm/" + split + "_CoT_0.json", outputs.toString());
        return this;
    }

    /** Rows "story|question|equation|teacher's output". */
    SmallReleases svamp(String split, List<String> rows) throws IOException {
        StringBuilder lines = new StringBuilder();
        ArrayNode outputs = Rows.mapper().createArrayNode();
        for (String row : rows) {
            String[] parts = row.split("\\|", -1);
            ObjectNode json = Rows.mapper().createObjectNode();
            json.put("input", parts[0] + "\n" + parts[1]).put("label", parts[2]);
            lines.append(json).append('\n');
            outputs.add(parts[3]);
        }
        write(files, SET, "svamp/svamp_" + split + ".json", lines.toString());
        write(files, SET, "svamp/llm/" + split + "_CoT_0.json", outputs.toString());
        return this;
    }

    /** Problems "story|question|formula|answer". */
    SmallReleases asdiv(List<String> problems) throws IOException {
        StringBuilder xml = new StringBuilder("<Machine-Reading-Corpus-File><ProblemSet>\n");
        for (int i = 0; i < problems.size(); i++) {
            String[] parts = problems.get(i).split("\\|", -1);
            xml.append("<Problem ID=\"")
                    .append(i)
                    .append("\" Grade=\"1\"><Body>")
                    .append(parts[0]);
            xml.append("</Body><Question>").append(parts[1]);
            xml.append("</Question><Solution-Type>Sum</Solution-Type><Answer>").append(parts[3]);
            xml.append("</Answer><Formula>").append(parts[2]).append("</Formula></Problem>\n");
        }
        write(
                asdiv,
                "asdiv",
                "ASDiv.xml",
                xml.append("</ProblemSet></Machine-Reading-Corpus-File>").toString());
        return this;
    }

    DataCatalogue catalogue() {
        List<DataSet> sets = new ArrayList<>();
        sets.add(new DataSet(SET, List.of(), "none", true, null, "here", null, files));
        if (!asdiv.isEmpty()) {
            sets.add(new DataSet("asdiv", List.of(), "none", true, null, "here", null, asdiv));
        }
        return new DataCatalogue(sets, folder, folder.resolve("cache"), Duration.ofSeconds(1));
    }

    private void write(List<DataFile> to, String set, String name, String text) throws IOException {
        Path path = folder.resolve(set).resolve(name);
        Files.createDirectories(path.getParent());
        Files.write(path, text.getBytes(StandardCharsets.UTF_8));
        String hash = "0".repeat(64);
        to.add(new DataFile(set + "/" + name, List.of(), hash, hash, Files.size(path), "none", true, null));
    }
}
