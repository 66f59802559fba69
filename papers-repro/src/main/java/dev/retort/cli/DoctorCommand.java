package dev.retort.cli;

import ai.djl.Device;
import ai.djl.engine.Engine;
import dev.retort.model.LoadedModel;
import dev.retort.run.YamlConfig;
import dev.retort.train.Distillation;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Says whether this machine, or a training configuration, is ready. */
@Command(
        name = "doctor",
        mixinStandardHelpOptions = true,
        description = {
            "Says whether this machine, or a training configuration, is ready.",
            "One line each: ok, warn or fail. Exit status 1 if one fails.",
            "With --config: whether a training would learn what it is meant to: tokens and labels, the share of each"
                    + " loss term in the gradient, and what is seen of a teacher. A dead term fails.",
            "With --gpu: whether the GPU computes what the CPU computes, and how fast."
        },
        footer = {"", "Examples:", "  retort doctor", "  retort doctor --config sft.yaml"})
final class DoctorCommand implements Callable<Integer> {

    @Mixin
    private Common common;

    @Option(names = "--config", paramLabel = "FILE", description = "A configuration of retort train")
    private Path config;

    @Option(names = "--set", paramLabel = "KEY=VALUE", description = "Overrides a key of the file; may be repeated")
    private List<String> overrides = new ArrayList<>();

    @Option(names = "--gpu", description = "Compare the GPU with the CPU: parity, memory, tokens a second")
    private boolean gpu;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException, InterruptedException {
        common.apply();
        if (config == null && !overrides.isEmpty()) {
            throw new UsageException("--set goes with --config");
        }
        if (gpu) {
            requireGpu(Engine.getEngine("PyTorch").getGpuCount());
        }
        List<Finding> findings = new ArrayList<>();
        if (gpu) {
            findings.addAll(GpuCheck.run(Device.gpu(), GpuCheck.Size.usual()));
        }
        if (config != null) {
            TrainConfig train = YamlConfig.read(config, TrainConfig.class, overrides);
            try (LoadedModel loaded = common.load(train.modelNameOrPath())) {
                findings.addAll(check(train, loaded));
            }
        }
        if (!gpu && config == null) {
            findings.addAll(MachineCheck.run());
        }
        PrintWriter out = spec.commandLine().getOut();
        findings.forEach(finding -> out.println(finding.line()));
        out.flush();
        boolean failed = findings.stream().anyMatch(finding -> finding.level() == Finding.Level.FAIL);
        return failed ? Retort.FAILED : Retort.DONE;
    }

    private List<Finding> check(TrainConfig train, LoadedModel student) throws IOException, InterruptedException {
        Distillation teacher;
        try {
            teacher = train.teacher(student, common);
        } catch (IOException e) {
            return List.of(Finding.fail("teacher", Retort.message(e)));
        }
        try (teacher) {
            return ConfigCheck.run(train, student, teacher);
        }
    }

    static void requireGpu(int count) throws IOException {
        if (count == 0) {
            throw new IOException(
                    "no GPU is visible to PyTorch here; leave --gpu out, or look at the driver with nvidia-smi");
        }
    }
}
