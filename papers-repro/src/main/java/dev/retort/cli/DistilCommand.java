package dev.retort.cli;

import dev.retort.answer.AnswerCut;
import dev.retort.data.SamplingParams;
import dev.retort.model.LoraConfig;
import dev.retort.papers.stepbystep.OwnQuestions;
import dev.retort.papers.system2.SelfDistillation;
import dev.retort.pipelines.TeacherFactory;
import dev.retort.pipelines.VoteFactory;
import dev.retort.prompt.Demonstration;
import dev.retort.prompt.FewShotLayout;
import dev.retort.prompt.FewShotPrompt;
import dev.retort.run.Interrupt;
import dev.retort.run.YamlConfig;
import dev.retort.teacher.System2Method;
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
                    + " (arXiv 2305.02301).",
            "",
            "system2: the teacher, in the paper the student itself, answers by a method of several calls, N times a"
                    + " question; where most answers agree, the student learns to give that answer at once, without"
                    + " what led to it (arXiv 2407.06023). References are not read."
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
            "      --method step-by-step --out runs/mine",
            "  retort distil --teacher local:models/SmolLM2-135M --student models/SmolLM2-135M \\",
            "      --questions questions.jsonl --method system2 --system2 rar-1-step --answer letters --samples 5 \\",
            "      --temperature 0.7 --max-tokens 256 --out runs/own"
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
            description = "step-by-step or system2 (the others come with their papers)")
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

    @Option(
            names = "--system2",
            paramLabel = "NAME",
            description = "The teacher's method for system2: rar-1-step, rar-2-step, s2a, bsm, cot")
    private String system2;

    @Option(
            names = "--answer",
            paramLabel = "RULE",
            description =
                    "How system2 cuts the answer that is learnt: whole, last-number, yes-no, letters, choice, boxed,"
                            + " verdict, short")
    private String answer;

    @Option(
            names = "--samples",
            paramLabel = "N",
            defaultValue = "5",
            description = "Of each question for system2's vote. Default: ${DEFAULT-VALUE}")
    private int samples;

    @Option(
            names = "--vote",
            paramLabel = "strict|plurality|FRACTION",
            defaultValue = "strict",
            description = "When system2 believes an answer. Default: ${DEFAULT-VALUE}, more than half of the N")
    private String vote;

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
        return switch (method) {
            case "step-by-step" -> stepByStep();
            case "system2" -> system2();
            default -> throw new UsageException("--method " + method + ": step-by-step and system2 are here yet");
        };
    }

    private TeacherFactory teacher(TeacherSpec who) {
        return AskOptions.usage("--teacher", () -> TeacherFactory.of(who, errorRate, baseUrl, null));
    }

    private SamplingParams params() {
        return AskOptions.usage(
                "the sampling parameters",
                () -> SamplingParams.none().withTemperature(temperature).withMaxTokens(maxTokens));
    }

    private String commandLine() {
        return "retort " + String.join(" ", spec.commandLine().getParseResult().originalArgs());
    }

    private static Interrupt onCtrlC() {
        return Interrupt.onSignals(() -> System.err.println("\nretort: stopping after the step in hand ..."));
    }

    private Integer end(boolean finished, String format, Object... values) {
        if (!finished) {
            System.err.println("retort: stopped; go on with the same command and --resume");
            return Folders.INTERRUPTED;
        }
        spec.commandLine().getOut().printf(Locale.ROOT, format, values);
        spec.commandLine().getOut().flush();
        return Retort.DONE;
    }

    private Integer system2() throws Exception {
        if (system2 == null || answer == null) {
            throw new UsageException(
                    "--method system2 needs --system2, the teacher's method, and --answer, how its answer" + " is cut");
        }
        System2Method calls = AskOptions.usage("--system2", () -> System2Method.of(system2));
        AnswerCut cut = AskOptions.usage("--answer", () -> AnswerCut.of(answer));
        AskOptions.usage("--vote", () -> VoteFactory.of(vote));
        if (samples < 1) {
            throw new UsageException("--samples must be at least 1, not " + samples);
        }
        TeacherSpec who = AskOptions.usage("--teacher", () -> TeacherSpec.parse(teacher));
        TeacherFactory factory = teacher(who);
        Folders.requireEmptyUnless(resume, out);
        try (Interrupt interrupt = onCtrlC()) {
            SelfDistillation.Outcome outcome = SelfDistillation.run(new SelfDistillation.Request(
                    questions,
                    out,
                    factory,
                    who.toString(),
                    params(),
                    calls,
                    cut,
                    samples,
                    vote,
                    common.path(student),
                    training(),
                    common.device(),
                    commandLine(),
                    common.quiet(),
                    interrupt));
            return end(
                    outcome.finished(),
                    "%d questions, %d learnt from, %d samples rejected (rejected.jsonl), %d failed"
                            + " (failures.jsonl)%nstudent: %s%n",
                    outcome.questions(),
                    outcome.lessons(),
                    outcome.rejected(),
                    outcome.failed(),
                    out.resolve("final"));
        }
    }

    private Integer stepByStep() throws Exception {
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
        TeacherFactory factory = teacher(who);
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
        try (Interrupt interrupt = onCtrlC()) {
            OwnQuestions.Outcome outcome = OwnQuestions.run(new OwnQuestions.Request(
                    questions,
                    out,
                    factory,
                    who.toString(),
                    params(),
                    prompt,
                    common.path(student),
                    labels.equals("gold"),
                    alpha,
                    labelPrefix,
                    rationalePrefix,
                    training(),
                    common.device(),
                    commandLine(),
                    common.quiet(),
                    interrupt));
            return end(
                    outcome.finished(),
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
        }
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
