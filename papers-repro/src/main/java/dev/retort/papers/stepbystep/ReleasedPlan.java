package dev.retort.papers.stepbystep;

import dev.retort.batch.Tokenizer;
import dev.retort.data.DataCatalogue;
import dev.retort.papers.PretrainedPlan;
import dev.retort.papers.RunOptions;
import dev.retort.papers.stepbystep.ReleasedConfig.RowSpec;
import dev.retort.papers.stepbystep.ReleasedConfig.Trial;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What a recipe on released data will cost, for {@code --dry-run}: rows, steps, tokens, hours and memory. */
final class ReleasedPlan {

    private final RunOptions options;
    private final ReleasedConfig config;
    private final PretrainedPlan plan;

    ReleasedPlan(RunOptions options, ReleasedConfig config) {
        this.options = options;
        this.config = config;
        this.plan = new PretrainedPlan(options);
    }

    String text() {
        Map<String, ReleasedData> data = new TreeMap<>();
        for (DssDataSet dataSet : DssDataSet.values()) {
            ReleasedConfig.Data use = config.dataSets().get(dataSet.title());
            if (use == null) {
                continue;
            }
            try {
                data.put(dataSet.title(), new ReleasedData(dataSet, use, DataCatalogue.standard()));
            } catch (IOException e) {
                plan.missing("data: " + e.getMessage());
            }
        }
        boolean isHere = plan.student(
                config.student(),
                "training",
                config.training(),
                (tokenizer, parameters, json) -> rows(data, tokenizer, parameters, PretrainedPlan.layers(json)));
        if (!isHere) {
            plan.line(
                    "%d students are planned; %s cannot be told without the model",
                    studentCount(), PretrainedPlan.untold(config.student()));
        }
        return plan.end();
    }

    /** Trained in trials and rows. */
    private int studentCount() {
        return ReleasedRecipe.order(config, options.seeds()).size()
                + config.trials().values().stream().mapToInt(List::size).sum();
    }

    private void rows(Map<String, ReleasedData> data, Tokenizer tokenizer, long parameters, int layers)
            throws IOException {
        double secondsPerToken = plan.secondsPerToken(config.training(), parameters);
        double hours = 0;
        plan.rowTitles();
        for (Map.Entry<String, List<Trial>> entry : new TreeMap<>(config.trials()).entrySet()) {
            RowSpec row = config.trialRow().of(Method.of(entry.getKey()));
            hours += entry.getValue().size()
                    * row(row, entry.getValue().size() + " trials", data, tokenizer, secondsPerToken);
        }
        Map<RowSpec, Integer> seeds = new LinkedHashMap<>();
        for (ReleasedRecipe.Reported reported : ReleasedRecipe.order(config, options.seeds())) {
            seeds.merge(reported.row(), 1, Integer::sum);
        }
        for (Map.Entry<RowSpec, Integer> entry : seeds.entrySet()) {
            RowSpec row = entry.getKey();
            double depth = row.layers() == null ? 1 : (double) row.layers() / layers;
            hours += entry.getValue() * row(row, entry.getValue() + " seeds", data, tokenizer, depth * secondsPerToken);
        }
        plan.line("%d students, %.1f hours of training; evaluation comes on top", studentCount(), hours);
    }

    private double row(
            RowSpec row, String times, Map<String, ReleasedData> data, Tokenizer tokenizer, double secondsPerToken)
            throws IOException {
        ReleasedData set = data.get(row.dataSet().title());
        String name = row.method().title() + "." + row.size() + " x " + times;
        if (set == null) {
            plan.line("%-58s no data", name);
            return 0;
        }
        List<DssExample> trained;
        try {
            trained = set.train(row, 0);
        } catch (IOException e) {
            plan.missing("data: " + e.getMessage());
            return 0;
        }
        Method method = row.equalTokensOf() == null ? row.method() : row.equalTokensOf();
        long tokens = 0;
        Method.Texts texts = new Method.Texts(config.labelPrefix(), config.rationalePrefix(), "So the answer is");
        List<DssExample> some = trained.subList(0, Math.min(trained.size(), 200));
        for (Lesson lesson : ReleasedData.lessons(some, " ")) {
            for (var example : method.examples(lesson, lesson.rationaleOrBlank(), texts)) {
                tokens += Math.min(
                        tokenizer.encode(example.prompt() + example.completion()).length + 1,
                        config.training().maxLength());
            }
        }
        int steps = config.training().totalSteps(trained.size());
        double all = (double) tokens / some.size() * config.training().examplesPerStep() * steps;
        return plan.row(name, trained.size(), steps, all, secondsPerToken);
    }
}
