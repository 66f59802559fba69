package dev.retort.cli;

import dev.retort.data.SamplingParams;
import dev.retort.model.LoraConfig;
import dev.retort.papers.stepbystep.OwnQuestions;
import dev.retort.pipelines.TeacherFactory;
import dev.retort.prompt.Demonstration;
import dev.retort.prompt.FewShotLayout;
import dev.retort.prompt.FewShotPrompt;
import dev.retort.run.Interrupt;
import dev.retort.run.YamlConfig;
import dev.retort.teacher.TeacherSpec;
import dev.retort.train.TrainingSettings;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code retort distil}: from one's own questions to a trained student. */
@Command(
        name = "distil",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Asks a teacher one's own questions and trains a student on what it answers: one command from questions to"
                    + " a Hugging Face folder, OUT/final.",
            "",
            "step-by-step: the teacher writes a rationale and a label for every question, few-shot from"
                    + " demonstrations; the student learns both, told apart by a prefix, and is asked for labels alone"
                    + " (arXiv 2305.02301)."
        },
        footer = {
            "",
            "Questions: JSON Lines of {\"id\", \"task\", \"messages\": [{\"role\": \"user\", \"content\"}],"
                    + " \"reference\"?}.",
            "Demonstrations: JSON Lines of {\"question\", \"rationale\", \"label\"}; about ten, as in the paper. Not"
                    + " needed for scripted and recorded teachers, whose samples have rationales.",
            "",
            "Example:",
            "  retort distil --teacher openai:qwen2.5-72b --base-url http://localhost:8000/v1 \\",
            "      --student models/SmolLM2-135M --questions questions.jsonl --demonstrations shots.jsonl \\",
            "      --method step-by-step --out runs/mine"
        })
final class DistilCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private Common common;

    @Option(names = "--teacher", paramLabel = "SPEC", required = true, description = "Who is asked: see retort sample")
    private String teacher;

    @Option(names = "--base-url", paramLabel = "URL", description = "Of the server of an openai teacher, /v1 included")
    private String baseUrl;

    @Option(names = "--student", paramLabel = "MODEL", required = true, description = "Who is trained")
    private String student;

    @Option(names = "--questions", paramLabel = "F", required = true, description = "JSON Lines of questions")
    private Path questions;

    @Option(
            names = "--method",
            paramLabel = "NAME",
            required = true,
            description = "step-by-step (the others come with their papers)")
    private String method;

    @Option(names = "--out", paramLabel = "DIR", required = true, description = "The run folder")
    private Path out;

    @Option(names = "--resume", description = "Go on with what the folder holds")
    private boolean resume;

    @Option(names = "--demonstrations", paramLabel = "F", description = "Worked questions for the few-shot prompt")
    private Path demonstrations;

    @Option(
            names = "--layout",
            paramLabel = "NAME",
            description = "Of the few-shot prompt: dss-cqa-few-shot (default), dss-svamp-few-shot, dss-anli-few-shot,"
                    + " dss-esnli-few-shot")
    private String layout;

    @Option(
            names = "--labels",
            paramLabel = "gold|teacher",
            defaultValue = "teacher",
            description =
                    "What labels are learnt: the questions' references or the teacher's. Default: ${DEFAULT-VALUE}")
    private String labels;

    @Option(
            names = "--alpha",
            paramLabel = "A",
            defaultValue = "0.5",
            description = "Weight of the label term; rationales have 1 - A. Default: ${DEFAULT-VALUE}")
    private double alpha;

    @Option(
            names = "--label-prefix",
            paramLabel = "TEXT",
            defaultValue = "predict: ",
            description = "Before a question that asks for its label, in use too. Default: '${DEFAULT-VALUE}'")
    private String labelPrefix;

    @Option(
            names = "--rationale-prefix",
            paramLabel = "TEXT",
            defaultValue = "explain: ",
            description = "Before a question that asks for its rationale. Default: '${DEFAULT-VALUE}'")
    private String rationalePrefix;

    @Option(names = "--temperature", paramLabel = "T", description = "Of the teacher's answers")
    private Double temperature;

    @Option(names = "--max-tokens", paramLabel = "N", description = "Of the teacher's answers")
    private Integer maxTokens;

    @Option(
            names = "--error-rate",
            paramLabel = "P",
            defaultValue = "0",
            description = "Of a scripted teacher. Default: ${DEFAULT-VALUE}")
    private double errorRate;

    @Option(
            names = "--full",
            description = "Train all weights; else adapters, r 16 on all linear layers, merged at the end")
    private boolean full;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "A training setting, such as learning_rate=5e-4 or num_train_epochs=5; may be repeated")
    private List<String> overrides = new ArrayList<>();

    @Override
    public Integer call() throws Exception {
        common.apply();
        if (!method.equals("step-by-step")) {
            throw new UsageException("--method " + method + ": only step-by-step is here yet");
        }
        if (!labels.equals("gold") && !labels.equals("teacher")) {
            throw new UsageException("--labels " + labels + ": give gold or teacher");
        }
        if (!(alpha > 0 && alpha < 1)) {
            throw new UsageException("--alpha must be between 0 and 1, not " + alpha);
        }
        TeacherSpec who = AskOptions.usage("--teacher", () -> TeacherSpec.parse(teacher));
        boolean needsShots = !(who instanceof TeacherSpec.Scripted || who instanceof TeacherSpec.Recorded);
        if (needsShots && demonstrations == null) {
            throw new UsageException("--demonstrations is needed: " + who + " writes rationales when it is shown some");
        }
        TeacherFactory factory = AskOptions.usage("--teacher", () -> TeacherFactory.of(who, errorRate, baseUrl, null));
        if (layout != null && demonstrations == null) {
            throw new UsageException("--layout is that of --demonstrations: give them too");
        }
        FewShotPrompt prompt = null;
        if (demonstrations != null) {
            FewShotLayout shown = layout == null
                    ? FewShotLayout.standard()
                    : AskOptions.usage("--layout", () -> FewShotLayout.named(layout));
            prompt = new FewShotPrompt(Demonstration.read(demonstrations), shown);
        }
        Folders.requireEmptyUnless(resume, out);
        try (Interrupt interrupt =
                Interrupt.onSignals(() -> System.err.println("\nretort: stopping after the step in hand ..."))) {
            OwnQuestions.Outcome outcome = OwnQuestions.run(new OwnQuestions.Request(
                    questions,
                    out,
                    factory,
                    who.toString(),
                    SamplingParams.none().withTemperature(temperature).withMaxTokens(maxTokens),
                    prompt,
                    common.path(student),
                    labels.equals("gold"),
                    alpha,
                    labelPrefix,
                    rationalePrefix,
                    training(),
                    common.device(),
                    "retort "
                            + String.join(
                                    " ", spec.commandLine().getParseResult().originalArgs()),
                    common.quiet(),
                    interrupt));
            if (!outcome.finished()) {
                System.err.println("retort: stopped; go on with the same command and --resume");
                return Folders.INTERRUPTED;
            }
            spec.commandLine()
                    .getOut()
                    .printf(
                            Locale.ROOT,
                            "%d questions, %d learnt from, %d answers not understood (rejected.jsonl), %d failed"
                                    + " (failures.jsonl)%nstudent: %s%nask it: retort generate --model %s --prompt '%s"
                                    + "QUESTION'%n",
                            outcome.questions(),
                            outcome.lessons(),
                            outcome.rejected(),
                            outcome.failed(),
                            out.resolve("final"),
                            out.resolve("final"),
                            labelPrefix);
            spec.commandLine().getOut().flush();
        }
        return Retort.DONE;
    }

    /** The defaults of a small run, with what was set. */
    private TrainingSettings training() {
        List<String> given = new ArrayList<>(List.of(
                "learning_rate=5e-4", "num_train_epochs=3", "per_device_train_batch_size=16", "warmup_ratio=0.05"));
        given.addAll(overrides);
        TrainingSettings settings = YamlConfig.read("", "--set", TrainingSettings.class, given);
        if (full || settings.lora() != null) {
            return settings;
        }
        LoraConfig lora = new LoraConfig(16, 32.0, 0.0, List.of("all-linear"), false);
        return settings.withLora(lora);
    }
}
