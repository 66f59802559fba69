package dev.retort.cli;

import dev.retort.batch.TokenBatch;
import dev.retort.batch.TokenExample;
import dev.retort.loss.HeadDivergence;
import dev.retort.loss.TeacherSignal;
import dev.retort.model.CausalLm;
import dev.retort.model.LoadedModel;
import dev.retort.train.Distillation;
import dev.retort.train.DistillationSettings;
import dev.retort.train.SupervisedStep;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What is seen of a teacher: its vocabulary, and its mass outside its most probable tokens, on one batch. */
final class TeacherCheck {

    private static final List<Integer> TOP_K = List.of(16, 64, 256);

    private final LoadedModel student;
    private final Distillation teacher;
    private final List<List<TokenExample>> batches;

    private TeacherCheck(LoadedModel student, Distillation teacher, List<List<TokenExample>> batches) {
        this.student = student;
        this.teacher = teacher;
        this.batches = batches;
    }

    /** @param batch examples that carry loss */
    static List<Finding> run(TrainConfig config, LoadedModel student, Distillation teacher, List<TokenExample> batch)
            throws IOException {
        TeacherCheck check = new TeacherCheck(
                student,
                teacher,
                SupervisedStep.microBatches(batch, config.settings().perDeviceTrainBatchSize()));
        List<Finding> findings = new ArrayList<>();
        findings.add(check.vocabulary(batch));
        if (!batch.isEmpty() && teacher.teacher().model() instanceof CausalLm) {
            findings.add(check.mass());
            if (teacher.settings().teacherTopK() != null) {
                findings.add(check.bound());
            }
        }
        return findings;
    }

    private Finding vocabulary(List<TokenExample> batch) throws IOException {
        long used = batch.stream()
                .flatMapToInt(example -> Arrays.stream(example.input()))
                .distinct()
                .count();
        return Finding.ok(
                "vocabulary",
                String.format(
                        Locale.ROOT,
                        "teacher %d ids, student %d, in common %d, of which %d are tokens; the batch has %d of them",
                        teacher.teacher().model().config().vocabularySize(),
                        student.model().config().vocabularySize(),
                        teacher.vocabulary(),
                        student.requireTokenizer().vocabulary().size(),
                        used));
    }

    private Finding mass() {
        String masses = TOP_K.stream()
                .map(k -> k >= teacher.vocabulary()
                        ? k + ": 0"
                        : String.format(Locale.ROOT, "%d: %.2g", k, outside(k).getAverage()))
                .collect(Collectors.joining(", "));
        return Finding.ok("teacher's mass outside its top k", "mean a token, k = " + masses);
    }

    private DoubleSummaryStatistics outside(int k) {
        DoubleSummaryStatistics masses = new DoubleSummaryStatistics();
        for (List<TokenExample> rows : batches) {
            try (TokenBatch batch = batch(rows)) {
                TeacherSignal.TopK signal = teacher.topK(k).at(batch);
                IntStream.range(0, signal.top().positions())
                        .forEach(position -> masses.accept(signal.top().outsideMass(position)));
            }
        }
        return masses;
    }

    private TokenBatch batch(List<TokenExample> rows) {
        return new TokenBatch(rows, false, student.model().weights().manager());
    }

    /** How far the divergence of the top k can be from that of the whole vocabulary. */
    private Finding bound() {
        DistillationSettings settings = teacher.settings();
        DoubleSummaryStatistics bounds = new DoubleSummaryStatistics();
        for (List<TokenExample> rows : batches) {
            try (TokenBatch batch = batch(rows)) {
                HeadDivergence.Result result = settings.loss()
                        .withGradient(
                                student.model().labelHidden(batch),
                                student.model().head(),
                                teacher.topK(settings.teacherTopK()).at(batch),
                                new float[batch.labelCount()]);
                for (float bound : result.bounds()) {
                    bounds.accept(bound);
                }
            }
        }
        String name = "top " + settings.teacherTopK() + ", "
                + settings.teacherOutside().name().toLowerCase(Locale.ROOT);
        return Double.isFinite(bounds.getMax())
                ? Finding.ok(
                        name,
                        String.format(
                                Locale.ROOT,
                                "%s is off from that of the whole vocabulary by at most %.2g nats a token (mean; the"
                                        + " worst token %.2g)",
                                settings.divergence(),
                                bounds.getAverage(),
                                bounds.getMax()))
                : Finding.warn(
                        name,
                        "nothing bounds how far " + settings.divergence() + " is off from that of the whole vocabulary;"
                                + " forward-kl, jsd, skew-kl and total-variation have a bound");
    }
}
