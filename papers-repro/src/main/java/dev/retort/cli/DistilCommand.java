package dev.retort.cli;

import dev.retort.answer.AnswerCut;
import dev.retort.data.SamplingParams;
import dev.retort.model.LoadedModel;
import dev.retort.model.LoraConfig;
import dev.retort.papers.OwnRun;
import dev.retort.papers.minillm.SequenceDistillation;
import dev.retort.papers.minillm.WhiteBoxDistillation;
import dev.retort.papers.stepbystep.OwnQuestions;
import dev.retort.papers.system2.SelfDistillation;
import dev.retort.pipelines.AskSettings;
import dev.retort.pipelines.TeacherFactory;
import dev.retort.pipelines.VoteFactory;
import dev.retort.prompt.Demonstration;
import dev.retort.prompt.FewShotLayout;
import dev.retort.prompt.FewShotPrompt;
import dev.retort.run.Interrupt;
import dev.retort.run.YamlConfig;
import dev.retort.signal.LlamaCppScorer;
import dev.retort.signal.RemoteScorer;
import dev.retort.signal.VllmScorer;
import dev.retort.teacher.OpenAiSettings;
import dev.retort.teacher.System2Method;
import dev.retort.teacher.TeacherSpec;
import dev.retort.train.Distillation;
import dev.retort.train.DistillationSettings;
import dev.retort.train.TrainingSettings;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code retort distil}: from one's own questions to a trained student. */
@Command(
        name = "distil",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Trains a student on what a teacher says to one's own questions: one command from questions to a Hugging"
                    + " Face folder, OUT/final.",
            "",
            "step-by-step: the teacher writes a rationale and a label for every question, few-shot from"
                    + " demonstrations; the student learns both, told apart by a prefix, and is asked for labels alone"
                    + " (arXiv 2305.02301).",
            "",
            "system2: the teacher, in the paper the student itself, answers by a method of several calls, N times a"
                    + " question; where most answers agree, the student learns to give that answer at once, without"
                    + " what led to it (arXiv 2407.06023). References are not read.",
            "",
            "seqkd: the teacher writes one completion of each question, at --temperature (default 1) and of"
                    + " --max-tokens (default 256) at most, and the student is fine-tuned on these; those cut off are left"
                    + " out. References are not read. With --system-prompt the teacher alone is shown a prompt, and the"
                    + " student learns to answer as if it stood there (context distillation, arXiv 2112.00861).",
            "",
            "kd: the student learns the references and, token by token, the teacher's probabilities (arXiv 2306.08543,"
                    + " appendix B.1): kd_ratio=0.5 divergence=forward-kl.",
            "",
            "gkd: the student learns the teacher's probabilities, on the references and on completions of its own"
                    + " (arXiv 2306.13649), with TRL's defaults: divergence=jsd beta=0.5 lmbda=0.5"
                    + " sampling_temperature=0.9 max_completion_length=128 kd_ratio=1.",
            "",
            "kd and gkd read the probabilities of a teacher local:MODEL that has the student's tokens; --set takes the"
                    + " keys of retort train for them too. kd can also read the most probable tokens of a teacher that"
                    + " vLLM or llama.cpp's server serves: --teacher openai:MODEL --base-url URL --scorer vllm --set"
                    + " teacher_top_k=20. They are kept in OUT/signals under the served name: weights that change under"
                    + " one name need another folder."
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
            "      --temperature 0.7 --max-tokens 256 --out runs/own",
            "  retort distil --teacher openai:gpt-4o-mini --student models/SmolLM2-135M --questions questions.jsonl \\",
            "      --method seqkd --out runs/seqkd",
            "  retort distil --teacher local:models/SmolLM2-360M --student models/SmolLM2-135M \\",
            "      --questions questions.jsonl --method kd --set kd_ratio=0.5 --out runs/kd",
            "  retort distil --teacher openai:HuggingFaceTB/SmolLM2-1.7B --base-url http://localhost:8000/v1 \\",
            "      --scorer vllm --student models/SmolLM2-135M --questions questions.jsonl --method kd \\",
            "      --set teacher_top_k=20 --out runs/kd-remote",
            "  retort distil --teacher local:models/SmolLM2-360M --student models/SmolLM2-135M \\",
            "      --questions questions.jsonl --method gkd --set beta=0.1 --set lmbda=1 --out runs/gkd"
        })
final class DistilCommand implements Callable<Integer> {

    /** Options about asking that hold for a server that scores, too. */
    private static final Set<String> OF_SERVER = Set.of("--base-url", "--timeout", "--max-attempts", "--concurrency");

    @Spec
    private CommandSpec spec;

    @Mixin
    private Common common;

    @Mixin
    private AskOptions ask;

    @Option(names = "--student", paramLabel = "MODEL", required = true, description = "Who is trained")
    private String student;

    @Option(names = "--questions", paramLabel = "F", required = true, description = "JSON Lines of questions")
    private Path questions;

    @Option(
            names = "--method",
            paramLabel = "NAME",
            required = true,
            description = "step-by-step, system2, seqkd, kd or gkd")
    private String method;

    @Option(
            names = "--scorer",
            paramLabel = "vllm|llama-cpp",
            description = "With --method kd and an openai teacher: the server that scores given tokens")
    private String scorer;

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

    @Mixin
    private ContextOptions context;

    @Option(
            names = "--full",
            description = "Train all weights; else adapters, r 16 on all linear layers, merged at the end")
    private boolean full;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description =
                    "A training setting, such as learning_rate=5e-4 or num_train_epochs=5, or of kd and gkd one of the"
                            + " divergence; may be repeated")
    private List<String> overrides = new ArrayList<>();

    /** A method's way from questions to a student. */
    @FunctionalInterface
    private interface Work {
        OwnRun.Outcome of(OwnRun run) throws IOException, InterruptedException;
    }

    @Override
    public Integer call() throws Exception {
        common.apply();
        String systemPrompt = context.systemPrompt();
        if (systemPrompt != null && !method.equals("seqkd")) {
            throw new UsageException("--system-prompt goes with --method seqkd, not with " + method);
        }
        return switch (method) {
            case "step-by-step" -> stepByStep();
            case "system2" -> system2();
            case "seqkd" -> seqkd(systemPrompt);
            case "kd" -> whiteBox(List.of("kd_ratio=0.5", "divergence=forward-kl"));
            case "gkd" -> whiteBox(List.of("kd_ratio=1", "divergence=jsd", "lmbda=0.5"));
            default -> throw new UsageException(
                    "--method " + method + ": there are step-by-step, system2, seqkd, kd and gkd");
        };
    }

    private String commandLine() {
        return "retort " + String.join(" ", spec.commandLine().getParseResult().originalArgs());
    }

    /** Runs a method and prints what came of it. */
    private Integer run(
            SamplingParams params, TrainingSettings training, Work work, Function<OwnRun.Outcome, String> says)
            throws IOException, InterruptedException {
        TeacherFactory factory = ask.factory(out);
        AskSettings asking = ask.settings();
        Folders.requireEmptyUnless(resume, out);
        try (Interrupt interrupt =
                Interrupt.onSignals(() -> System.err.println("\nretort: stopping after the step in hand ..."))) {
            OwnRun run = new OwnRun(
                    questions,
                    out,
                    factory,
                    ask.spec().toString(),
                    params,
                    asking,
                    common.path(student),
                    training,
                    common.device(),
                    commandLine(),
                    common.quiet(),
                    interrupt);
            OwnRun.Outcome outcome;
            try {
                outcome = work.of(run);
            } catch (InterruptedException e) {
                // While the teacher was asked: what it has answered is kept.
                outcome = null;
            }
            if (outcome == null || !outcome.finished()) {
                System.err.println("retort: stopped; go on with the same command and --resume");
                return Folders.INTERRUPTED;
            }
            PrintWriter printed = spec.commandLine().getOut();
            printed.println(says.apply(outcome));
            printed.println("student: " + out.resolve("final"));
            if (method.equals("step-by-step")) {
                printed.println("ask it: retort generate --model " + out.resolve("final") + " --prompt '" + labelPrefix
                        + "QUESTION'");
            }
            printed.flush();
            return Retort.DONE;
        }
    }

    private static String counts(OwnRun.Outcome outcome, String rejected) {
        return String.format(
                Locale.ROOT,
                "%d questions, %d learnt from, %d %s (rejected.jsonl), %d failed (failures.jsonl)",
                outcome.questions(),
                outcome.lessons(),
                outcome.rejected(),
                rejected,
                outcome.failed());
    }

    private Integer system2() throws IOException, InterruptedException {
        if (system2 == null || answer == null) {
            throw new UsageException(
                    "--method system2 needs --system2, the teacher's method, and --answer, how its answer is cut");
        }
        System2Method calls = AskOptions.usage("--system2", () -> System2Method.of(system2));
        AnswerCut cut = AskOptions.usage("--answer", () -> AnswerCut.of(answer));
        AskOptions.usage("--vote", () -> VoteFactory.of(vote));
        if (samples < 1) {
            throw new UsageException("--samples must be at least 1, not " + samples);
        }
        if (ask.batchApi()) {
            throw new UsageException("--batch-api asks every question once: it does not go with --method system2");
        }
        return run(
                ask.params(),
                training(overrides),
                run -> SelfDistillation.run(new SelfDistillation.Request(run, calls, cut, samples, vote)),
                outcome -> counts(outcome, "samples rejected"));
    }

    private Integer stepByStep() throws IOException, InterruptedException {
        if (!labels.equals("gold") && !labels.equals("teacher")) {
            throw new UsageException("--labels " + labels + ": give gold or teacher");
        }
        if (!(alpha > 0 && alpha < 1)) {
            throw new UsageException("--alpha must be between 0 and 1, not " + alpha);
        }
        TeacherSpec who = ask.spec();
        boolean needsShots = !(who instanceof TeacherSpec.Scripted || who instanceof TeacherSpec.Recorded);
        if (needsShots && demonstrations == null) {
            throw new UsageException("--demonstrations is needed: " + who + " writes rationales when it is shown some");
        }
        if (layout != null && demonstrations == null) {
            throw new UsageException("--layout is that of --demonstrations: give them too");
        }
        FewShotPrompt prompt = demonstrations == null ? null : fewShot();
        return run(
                ask.params(),
                training(overrides),
                run -> OwnQuestions.run(new OwnQuestions.Request(
                        run, prompt, labels.equals("gold"), alpha, labelPrefix, rationalePrefix)),
                outcome -> counts(outcome, "answers not understood"));
    }

    private FewShotPrompt fewShot() throws IOException {
        FewShotLayout shown = layout == null
                ? FewShotLayout.standard()
                : AskOptions.usage("--layout", () -> FewShotLayout.named(layout));
        return new FewShotPrompt(Demonstration.read(demonstrations), shown);
    }

    private Integer seqkd(String systemPrompt) throws IOException, InterruptedException {
        if (systemPrompt != null && ask.batchApi()) {
            throw new UsageException("--system-prompt does not go with --batch-api");
        }
        return run(
                SequenceDistillation.usual(ask.params()),
                training(overrides),
                run -> SequenceDistillation.run(run, systemPrompt, context.isFirstTurnOnly()),
                outcome -> counts(outcome, "cut off"));
    }

    /** @param usual settings of the method */
    private Integer whiteBox(List<String> usual) throws IOException, InterruptedException {
        boolean isRemote = scorer != null && ask.spec() instanceof TeacherSpec.OpenAi;
        if (!isRemote && !(ask.spec() instanceof TeacherSpec.Local)) {
            throw new UsageException("--method " + method + " reads the teacher's probabilities: give --teacher"
                    + " local:MODEL, or openai:MODEL with --scorer, not " + ask.spec()
                    + "; what that one writes can be learnt with --method seqkd");
        }
        if (scorer != null && !isRemote) {
            throw new UsageException("--scorer is the kind of server of an openai teacher, not of " + ask.spec());
        }
        if (isRemote && !List.of("vllm", "llama-cpp").contains(scorer)) {
            throw new UsageException("--scorer " + scorer + ": there are vllm and llama-cpp");
        }
        requireNothingAsked(isRemote);
        Map<Boolean, List<String>> given = overrides.stream().collect(Collectors.partitioningBy(this::isOfTeacher));
        List<String> ofTeacher = new ArrayList<>(usual);
        ofTeacher.addAll(given.get(true));
        DistillationSettings settings = YamlConfig.read("", "--set", DistillationSettings.class, ofTeacher);
        TrainingSettings training = training(given.get(false));
        return run(
                ask.params(),
                training,
                run -> WhiteBoxDistillation.run(
                        ask.spec() instanceof TeacherSpec.Local local
                                ? WhiteBoxDistillation.of(run, method, common.path(local.model()), settings)
                                : new WhiteBoxDistillation.Request(
                                        run,
                                        method,
                                        trained -> Distillation.remote(trained, remote(trained), settings),
                                        settings)),
                outcome -> outcome.questions() + " questions, all learnt from");
    }

    private Distillation.Remote remote(LoadedModel trained) {
        OpenAiSettings server = ask.server();
        RemoteScorer made = AskOptions.usage(
                "--base-url",
                () -> scorer.equals("vllm")
                        ? new VllmScorer(server, ask.maxAttempts())
                        : new LlamaCppScorer(server, ask.maxAttempts(), trained.trainingEosId()));
        return new Distillation.Remote(made, scorer + ":" + server.model(), ask.concurrency());
    }

    /** Refuses options about answers of the teacher: their names may be taken for settings of the divergence. */
    private void requireNothingAsked(boolean isRemote) {
        for (OptionSpec option : spec.mixins().get("ask").options()) {
            if (!option.longestName().equals("--teacher")
                    && !(isRemote && OF_SERVER.contains(option.longestName()))
                    && spec.commandLine().getParseResult().hasMatchedOption(option)) {
                throw new UsageException(option.longestName() + " is about asking a teacher, and --method " + method
                        + " asks nothing; settings of the divergence are given with --set key=value");
            }
        }
    }

    private boolean isOfTeacher(String override) {
        String key = override.replaceFirst("[.=].*", "");
        return Arrays.stream(DistillationSettings.class.getRecordComponents())
                .map(component ->
                        component.getName().replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT))
                .anyMatch(key::equals);
    }

    /** The defaults of a small run, with what was set. */
    private TrainingSettings training(List<String> set) {
        List<String> given = new ArrayList<>(List.of(
                "learning_rate=5e-4", "num_train_epochs=3", "per_device_train_batch_size=16", "warmup_ratio=0.05"));
        given.addAll(set);
        TrainingSettings settings = YamlConfig.read("", "--set", TrainingSettings.class, given);
        if (full || settings.lora() != null) {
            return settings;
        }
        LoraConfig lora = new LoraConfig(16, 32.0, 0.0, List.of("all-linear"), false);
        return settings.withLora(lora);
    }
}
