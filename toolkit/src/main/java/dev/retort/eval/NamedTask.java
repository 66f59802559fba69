package dev.retort.eval;

import com.fasterxml.jackson.databind.JsonNode;
import dev.retort.answer.AnswerText;
import dev.retort.answer.SafeArithmetic;
import dev.retort.data.DataCatalogue;
import dev.retort.data.Example;
import dev.retort.data.JsonLines;
import dev.retort.data.Rows;
import dev.retort.data.SamplingParams;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** The tasks that a model can be trained and evaluated on by name. */
public enum NamedTask {
    /**
     * SVAMP as split by Distilling step-by-step: 800 training and 200 test questions, the answer an equation that is worked
     * out and compared as a number; what cannot be worked out is wrong.
     */
    SVAMP("distilling_step_by_step", "svamp/svamp_%s.json");

    private final String dataSet;
    private final String file;

    NamedTask(String dataSet, String file) {
        this.dataSet = dataSet;
        this.file = file;
    }

    /** The name on the command line. */
    public String title() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /**
     * The task of a name.
     *
     * @throws IllegalArgumentException that lists the names
     */
    public static NamedTask of(String name) {
        List<String> titles = Arrays.stream(values()).map(NamedTask::title).toList();
        int at = titles.indexOf(name);
        if (at < 0) {
            throw new IllegalArgumentException("no task '" + name + "'; tasks: " + String.join(", ", titles));
        }
        return values()[at];
    }

    /** The training examples: prompt is the question, completion the answer. */
    public List<Example> trainingExamples(DataCatalogue catalogue) throws IOException {
        List<Example> examples = new ArrayList<>();
        List<JsonNode> rows = rows(catalogue, "train");
        for (int i = 0; i < rows.size(); i++) {
            String id = title() + "-train-" + i;
            examples.add(new Example(
                    id, prompt(rows.get(i)), " " + rows.get(i).path("label").asText(), "answer", List.of(id)));
        }
        return examples;
    }

    /** The test items. */
    public EvalTask test(DataCatalogue catalogue) throws IOException {
        List<EvalItem> items = new ArrayList<>();
        List<JsonNode> rows = rows(catalogue, "test");
        for (int i = 0; i < rows.size(); i++) {
            items.add(new EvalItem(
                    title() + "-test-" + i,
                    prompt(rows.get(i)),
                    List.of(rows.get(i).path("label").asText())));
        }
        return new EvalTask(title(), items, SamplingParams.greedy(64), AnswerText::plain, NamedTask::score, false);
    }

    private static double score(String prediction, List<String> references) {
        return references.stream().anyMatch(reference -> SafeArithmetic.equalValues(prediction, reference)) ? 1 : 0;
    }

    private static String prompt(JsonNode row) {
        return row.path("input").asText() + "\nAnswer:";
    }

    private List<JsonNode> rows(DataCatalogue catalogue, String split) throws IOException {
        Path path = catalogue.resolve(dataSet, String.format(Locale.ROOT, file, split));
        List<JsonNode> rows = new ArrayList<>();
        try (BufferedReader reader = JsonLines.open(path)) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                rows.add(Rows.mapper().readTree(line));
            }
        }
        return rows;
    }
}
