package dev.retort.papers.stepbystep;

import com.fasterxml.jackson.databind.JsonNode;
import dev.retort.data.DataCatalogue;
import dev.retort.data.DataFile;
import dev.retort.papers.DataRows;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The data sets of Distilling step-by-step (section 4) as its repository released them, with PaLM 540B's outputs. */
public enum DssDataSet {
    /** Arithmetic word problems; the label is an equation, which is worked out before it is compared. */
    SVAMP("train"),
    /** CommonsenseQA by way of CoS-E v1.11, whose validation split serves as test; the label is the choice's text. */
    CQA("train"),
    /** Adversarial natural-language inference, round 1. The released files hold no training inputs. */
    ANLI1("valid"),
    /** Natural-language inference. The released files hold no training inputs. */
    ESNLI("valid");

    /** The name in the catalogue. */
    static final String CATALOGUED = "distilling_step_by_step";

    private static final List<String> NLI_LABELS = List.of("entailment", "neutral", "contradiction");
    private static final int CHOICES = 5;

    private final String first;

    DssDataSet(String first) {
        this.first = first;
    }

    /** The name of its folder, such as svamp. */
    public String title() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The splits that {@link #load} reads: of train, valid and test. */
    public List<String> splits() {
        return List.of(first, "test");
    }

    /**
     * The rows of a split in the order of the file. The teacher's outputs belong to the rows by position, over the
     * output files in number order; where the catalogue lists none, the rows come without them.
     *
     * @throws IllegalArgumentException where there is no such split
     * @throws IOException where a file is missing, a row is not as described, or outputs and rows differ in number
     */
    public List<DssExample> load(DataCatalogue catalogue, String split) throws IOException {
        if (!splits().contains(split)) {
            throw new IllegalArgumentException(
                    title() + " has no split '" + split + "'; splits: " + String.join(", ", splits()));
        }
        DataFile file = rowsFile(catalogue, split);
        List<String> outputs = teacherTexts(catalogue, split);
        List<DssExample> examples = new ArrayList<>();
        List<String> lines =
                read(catalogue, file).lines().filter(line -> !line.isBlank()).toList();
        if (!outputs.isEmpty() && outputs.size() != lines.size()) {
            throw new IOException(file.path() + ": " + lines.size() + " rows, but the teacher's files hold "
                    + outputs.size() + " outputs; they belong together by position, so fetch both again");
        }
        for (int i = 0; i < lines.size(); i++) {
            String where = file.path() + ": row " + (i + 1);
            String id = title() + "-" + split + "-" + i;
            try {
                examples.add(
                        example(id, DataRows.tree(where, lines.get(i)), outputs.isEmpty() ? null : outputs.get(i)));
            } catch (IllegalArgumentException e) {
                throw new IOException(where + ": " + e.getMessage(), e);
            }
        }
        return List.copyOf(examples);
    }

    private DataFile rowsFile(DataCatalogue catalogue, String split) {
        String plain = title() + "/" + title() + "_" + split + ".json";
        boolean zipped = catalogue.set(CATALOGUED).files().stream()
                .anyMatch(file -> file.path().equals(CATALOGUED + "/" + plain + ".gz"));
        return catalogue.file(CATALOGUED, zipped ? plain + ".gz" : plain);
    }

    private List<String> teacherTexts(DataCatalogue catalogue, String split) throws IOException {
        String stem = CATALOGUED + "/" + title() + "/llm/" + split + "_CoT_";
        List<DataFile> files = catalogue.set(CATALOGUED).files().stream()
                .filter(file -> file.path().startsWith(stem))
                .toList();
        List<String> texts = new ArrayList<>();
        for (int number = 0; number < files.size(); number++) {
            String plain = stem + number + ".json";
            DataFile file = files.stream()
                    .filter(candidate ->
                            candidate.path().equals(plain) || candidate.path().equals(plain + ".gz"))
                    .findFirst()
                    .orElseThrow(() -> new IOException("the catalogue lists " + files.size() + " files " + stem
                            + "*, but not " + plain + ": their numbers must run from 0 without a gap"));
            JsonNode array = DataRows.tree(file.path(), read(catalogue, file));
            if (!array.isArray()) {
                throw new IOException(file.path() + ": not a JSON array of texts");
            }
            for (JsonNode output : array) {
                if (!output.isTextual()) {
                    throw new IOException(file.path() + ": output " + texts.size() + " of the split is not a text");
                }
                texts.add(output.textValue());
            }
        }
        return texts;
    }

    private DssExample example(String id, JsonNode row, String teacherText) {
        TeacherOutput output = teacherText == null ? null : TeacherOutput.parse(this, teacherText);
        String premise = null;
        String hypothesis = null;
        String input;
        String label;
        switch (this) {
            case SVAMP -> {
                input = DataRows.text(row, "input");
                label = DataRows.text(row, "label");
            }
            case CQA -> {
                input = question(row);
                label = DataRows.text(row, "answer");
            }
            default -> {
                premise = DataRows.text(row, "premise");
                hypothesis = DataRows.text(row, "hypothesis");
                input = premise + DssExample.T5_END + hypothesis;
                label = nliLabel(row);
            }
        }
        return new DssExample(
                id,
                input,
                label,
                premise,
                hypothesis,
                teacherText,
                output == null ? null : output.rationale(),
                output == null ? null : output.label());
    }

    private static String question(JsonNode row) {
        StringBuilder text = new StringBuilder(DataRows.text(row, "question")).append("\nAnswer Choices:");
        JsonNode choices = row.path("choices");
        if (!choices.isArray() || choices.size() != CHOICES) {
            throw new IllegalArgumentException("choices is not a list of " + CHOICES + " texts");
        }
        for (int i = 0; i < CHOICES; i++) {
            if (!choices.get(i).isTextual()) {
                throw new IllegalArgumentException("choices is not a list of " + CHOICES + " texts");
            }
            text.append("\n(")
                    .append("abcde".charAt(i))
                    .append(") ")
                    .append(choices.get(i).textValue());
        }
        return text.toString();
    }

    private static String nliLabel(JsonNode row) {
        JsonNode label = row.path("label");
        if (!label.isInt() || label.intValue() < 0 || label.intValue() >= NLI_LABELS.size()) {
            throw new IllegalArgumentException(
                    "label is not 0 (entailment), 1 (neutral) or 2 (contradiction) but '" + label + "'");
        }
        return NLI_LABELS.get(label.intValue());
    }

    private static String read(DataCatalogue catalogue, DataFile file) throws IOException {
        return DataRows.content(catalogue, CATALOGUED, file.path().substring(CATALOGUED.length() + 1));
    }
}
