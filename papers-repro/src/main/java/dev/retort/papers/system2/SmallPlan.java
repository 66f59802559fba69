package dev.retort.papers.system2;

import dev.retort.batch.Tokenizer;
import dev.retort.data.DataCatalogue;
import dev.retort.data.Message;
import dev.retort.data.Question;
import dev.retort.papers.OwnRun;
import dev.retort.papers.PretrainedPlan;
import dev.retort.papers.RunOptions;
import dev.retort.pipelines.PerturbSpec;
import dev.retort.train.TrainingSettings;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the small recipe will cost, for {@code --dry-run}: what is asked, rows, steps, tokens, hours and memory. */
final class SmallPlan {

    private final SmallConfig config;
    private final PretrainedPlan plan;

    SmallPlan(RunOptions options, SmallConfig config) {
        this.config = config;
        this.plan = new PretrainedPlan(options);
    }

    String text() {
        Map<String, SmallTask> tasks = new LinkedHashMap<>();
        for (Map.Entry<String, SmallConfig.Task> task : config.tasks().entrySet()) {
            try {
                tasks.put(
                        task.getKey(),
                        SmallTask.of(task.getKey(), task.getValue(), config.dataSeed(), DataCatalogue.standard()));
            } catch (IOException e) {
                plan.missing("data: " + e.getMessage());
            }
        }
        tasks.forEach(this::asked);
        boolean isHere = plan.student(
                config.student(),
                "distilling",
                config.distilling(),
                (tokenizer, parameters, json) -> rows(tasks, tokenizer, parameters));
        if (!isHere) {
            plan.line("%s cannot be told without the model", PretrainedPlan.untold(config.student()));
        }
        return plan.end();
    }

    /** What the model is asked, but for the gate. */
    private void asked(String name, SmallTask task) {
        System2World world = task.world();
        int forms = 1
                + world.perturbations().stream().mapToInt(PerturbSpec::variants).sum();
        plan.line(
                "%s: %,d questions in %d form%s, up to %d samples of System 2 each, of up to %d tokens a call; %,d test"
                        + " items a row",
                name,
                world.unlabelled().size(),
                forms,
                forms == 1 ? "" : "s",
                config.samples(),
                world.maxTokens(),
                world.tests().size());
    }

    private void rows(Map<String, SmallTask> tasks, Tokenizer tokenizer, long parameters) {
        double distilling = plan.secondsPerToken(config.distilling(), parameters);
        double warmUp = config.warmUp() == null
                        || config.warmUp().precision() == config.distilling().precision()
                ? distilling
                : plan.secondsPerToken(config.warmUp(), parameters);
        plan.rowTitles();
        int students = 0;
        double hours = 0;
        for (Map.Entry<String, SmallTask> entry : tasks.entrySet()) {
            SmallTask task = entry.getValue();
            double lesson = task.lessons().stream()
                    .mapToInt(each -> tokens(tokenizer, each.prompt(), each.completion(), config.warmUp()))
                    .average()
                    .orElse(0);
            // Each number of steps is tried until the gate is passed.
            for (int steps : config.tasks().get(entry.getKey()).warmUpSteps()) {
                String name = "warm-up-" + steps + "." + entry.getKey() + " x at most 1";
                hours += row(name, task.lessons().size(), steps, lesson, config.warmUp(), warmUp);
                students++;
            }
            List<Question> questions = task.world().unlabelled();
            double question = questions.stream()
                    .mapToInt(each -> tokens(tokenizer, each.text(), each.reference(), config.distilling()))
                    .average()
                    .orElse(0);
            for (System2Row row : System2Row.values()) {
                if (row.isTrained() && !questions.isEmpty()) {
                    int seeds = row == System2Row.DISTILLED ? config.seeds().size() : 1;
                    String name = row.title() + "." + entry.getKey() + " x " + seeds + " seeds";
                    int steps = config.distilling().totalSteps(questions.size());
                    hours += seeds * row(name, questions.size(), steps, question, config.distilling(), distilling);
                    students += seeds;
                }
            }
        }
        plan.line("at most %d students, %.1f hours of training; asking and evaluation come on top", students, hours);
    }

    private double row(
            String name, int trained, int steps, double tokens, TrainingSettings training, double secondsPerToken) {
        return plan.row(name, trained, steps, tokens * training.examplesPerStep() * steps, secondsPerToken);
    }

    private static int tokens(Tokenizer tokenizer, String prompt, String completion, TrainingSettings training) {
        String asked = tokenizer.hasChatTemplate() ? OwnRun.prompt(tokenizer, List.of(Message.user(prompt))) : prompt;
        return Math.min(tokenizer.encode(asked + completion).length + 1, training.maxLength());
    }
}
