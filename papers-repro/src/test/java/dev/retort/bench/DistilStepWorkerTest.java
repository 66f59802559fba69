package dev.retort.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.batch.TokenExample;
import dev.retort.data.Rows;
import dev.retort.loss.ForwardKl;
import dev.retort.loss.HeadDivergence;
import dev.retort.model.LoadedModel;
import dev.retort.model.Models;
import dev.retort.train.OnlineTeacher;
import dev.retort.train.SupervisedStep;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(180)
class DistilStepWorkerTest {

    private static final List<List<TokenExample>> STEPS = List.of(
            List.of(example("1", new int[] {4, 5, 6, 7, 3}, 3), example("2", new int[] {8, 9, 3}, 1)),
            List.of(example("3", new int[] {4, 7, 10, 11, 3}, 1)));

    @TempDir
    private Path folder;

    private Path model;
    private Path student;

    private static TokenExample example(String id, int[] input, int prompt) {
        int[] labels = input.clone();
        Arrays.fill(labels, 0, prompt, TokenExample.IGNORED);
        return new TokenExample(id, "answer", 1.0, input, labels);
    }

    @BeforeEach
    void writeWork() throws IOException {
        model = TinyModel.save(folder.resolve("model"));
        student = folder.resolve("student");
        try (LoadedModel whole = TinyModel.create();
                LoadedModel half = Models.withLayers(whole, new int[] {1})) {
            Models.save(half, student);
        }
        ObjectNode work = Rows.mapper().createObjectNode();
        work.put("model", model.toString()).put("student", student.toString());
        work.put("threads", 1).put("learning_rate", 0.01);
        work.set("steps", TrainStepBench.ids(STEPS));
        Files.writeString(folder.resolve("work.json"), work.toString());
    }

    private Worker start(String mode) throws Exception {
        return TinyModel.worker(model, folder, DistilStepWorker.class, mode);
    }

    private double divergence(List<TokenExample> rows) throws IOException {
        try (LoadedModel teacher = Models.load(model, Device.cpu());
                LoadedModel half = Models.load(student, Device.cpu())) {
            int vocabulary = Math.toIntExact(teacher.model().head().getShape().get(0));
            return new SupervisedStep(half.model(), Map.of("answer", 0.0, "kd", 1.0), 8, 0)
                    .withTeacher(new OnlineTeacher(teacher.model(), vocabulary), new HeadDivergence(new ForwardKl(), 1))
                    .evaluate(rows)
                    .terms()
                    .get("kd")
                    .mean();
        }
    }

    @Test
    void bringsTheStudentNearTheModel() throws Exception {
        double loss = divergence(STEPS.get(0));
        assertThat(loss).isGreaterThan(0.01);
        try (Worker worker = start("train")) {
            ObjectNode first = worker.go();
            assertThat(first.fieldNames()).toIterable().containsExactly("first_loss", "mean_loss", "seconds");
            assertThat(first.get("first_loss").doubleValue()).isCloseTo(loss, within(1e-5));
            // One step of the optimiser has moved the second loss, but not far.
            double mean = (loss + divergence(STEPS.get(1))) / 2;
            assertThat(first.get("mean_loss").doubleValue()).isCloseTo(mean, within(0.2 * mean));
            ObjectNode second = worker.go();
            assertThat(second.get("first_loss").doubleValue()).isLessThan(loss - 1e-3);
            assertThat(second.get("mean_loss").doubleValue())
                    .isLessThan(first.get("mean_loss").doubleValue());
        }
    }

    @Test
    void theBoundHasNothingButSeconds() throws Exception {
        try (Worker worker = start("products")) {
            ObjectNode first = worker.go();
            assertThat(first.fieldNames()).toIterable().containsExactly("seconds");
            assertThat(first.get("seconds").doubleValue()).isPositive();
        }
    }
}
