package dev.retort.bench;

import ai.djl.Device;
import com.fasterxml.jackson.databind.JsonNode;
import dev.retort.batch.TokenExample;
import dev.retort.data.Rows;
import dev.retort.loss.ForwardKl;
import dev.retort.loss.HeadDivergence;
import dev.retort.model.LanguageModel;
import dev.retort.model.LoadedModel;
import dev.retort.model.Models;
import dev.retort.op.Ops;
import dev.retort.train.AdamW;
import dev.retort.train.OnlineTeacher;
import dev.retort.train.SupervisedStep;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Our side of {@code bench distill-step}: optimiser steps of all the student's weights over given token ids. */
final class DistilStepWorker {

    private static final Map<String, Double> WEIGHTS = Map.of("answer", 0.0, SupervisedStep.DISTILLATION, 1.0);

    private DistilStepWorker() {}

    /** Arguments: the work's JSON file, as {@link DistilStepBench} writes it; train, or products for the bound. */
    public static void main(String[] arguments) throws IOException {
        JsonNode work = Rows.mapper().readTree(Path.of(arguments[0]).toFile());
        Ops.setThreads(work.get("threads").asInt());
        List<List<TokenExample>> steps = TrainStepWorker.steps(work.get("steps"));
        try (LoadedModel teacher = Models.load(Path.of(work.get("model").asText()), Device.cpu());
                LoadedModel student = Models.load(Path.of(work.get("student").asText()), Device.cpu())) {
            if (arguments[1].equals("products")) {
                multiply(teacher.model(), student.model(), steps);
            } else {
                train(
                        teacher.model(),
                        student.model(),
                        steps,
                        work.get("learning_rate").asDouble());
            }
        }
    }

    private static void multiply(LanguageModel teacher, LanguageModel student, List<List<TokenExample>> steps)
            throws IOException {
        LinearProducts ofTeacher = new LinearProducts(teacher);
        LinearProducts ofStudent = new LinearProducts(student);
        WorkerLines.serve(() -> {
            TrainStepWorker.forEachPass(student, steps, (tokens, labelled) -> {
                ofTeacher.forward(tokens, labelled);
                ofStudent.forward(tokens, labelled);
                ofStudent.backward(tokens, labelled);
                ofStudent.weightGradients(tokens, labelled);
            });
            return Rows.mapper().createObjectNode();
        });
    }

    private static void train(
            LanguageModel teacher, LanguageModel student, List<List<TokenExample>> steps, double learningRate)
            throws IOException {
        student.weights().train(name -> true);
        int vocabulary = Math.toIntExact(student.head().getShape().get(0));
        SupervisedStep supervised = new SupervisedStep(student, WEIGHTS, Integer.MAX_VALUE, 0)
                .withTeacher(new OnlineTeacher(teacher, vocabulary), new HeadDivergence(new ForwardKl(), 1));
        try (AdamW optimizer = new AdamW(
                student.weights().trainable(),
                TrainStepWorker.OPTIMIZER,
                student.weights().manager())) {
            WorkerLines.serve(() -> {
                double first = 0;
                double sum = 0;
                for (int step = 0; step < steps.size(); step++) {
                    double loss = supervised.backward(steps.get(step), step).weighted(WEIGHTS);
                    optimizer.step(learningRate);
                    first = step == 0 ? loss : first;
                    sum += loss;
                }
                return Rows.mapper().createObjectNode().put("first_loss", first).put("mean_loss", sum / steps.size());
            });
        }
    }
}
