package dev.retort.bench;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.data.Rows;
import dev.retort.loss.Divergence;
import dev.retort.loss.HeadDivergence;
import dev.retort.loss.JensenShannon;
import dev.retort.loss.TeacherSignal;
import dev.retort.model.SafetensorsWriter;
import dev.retort.model.WeightDtype;
import dev.retort.op.Autograd;
import dev.retort.op.Ops;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** Our side of {@code bench loss}: a divergence and its gradients from hidden states and heads. */
final class LossWorker {

    /** Of the head's gradient every so-many-th row is compared. */
    static final int HEAD_ROW_STEP = 997;

    private LossWorker() {}

    /** Arguments: the work's JSON file, as {@link LossBench} writes it; loss, or products for the bound; the results' file. */
    public static void main(String[] arguments) throws IOException {
        JsonNode work = Rows.mapper().readTree(Path.of(arguments[0]).toFile());
        Ops.setThreads(work.get("threads").asInt());
        int n = work.get("tokens").asInt();
        int v = work.get("vocabulary").asInt();
        int d = work.get("width").asInt();
        float headBound = work.get("head_bound").floatValue();
        float apart = work.get("teacher_apart").floatValue();
        NDManager manager = NDManager.newBaseManager(Device.cpu(), "PyTorch");
        NDArray hidden = LossTensors.make(manager, new Shape(n, d), 1, 1);
        NDArray head = LossTensors.make(manager, new Shape(v, d), 2, headBound);
        NDArray teacherHidden = moved(hidden, 3, apart);
        NDArray teacherHead = moved(head, 4, apart * headBound);
        if (arguments[1].equals("products")) {
            NDArray gradient = manager.zeros(new Shape(v, d));
            WorkerLines.serve(() -> products(hidden, head, teacherHidden, teacherHead, gradient));
            return;
        }
        Divergence divergence = new JensenShannon(work.get("beta").asDouble());
        HeadDivergence loss =
                new HeadDivergence(divergence, work.get("temperature").asDouble());
        TeacherSignal teacher = new TeacherSignal.Hidden(teacherHidden, teacherHead);
        float[] factors = new float[n];
        Arrays.fill(factors, 1f / n);
        head.setRequiresGradient(true);
        Autograd.startGradient(head);
        Path results = Path.of(arguments[2]);
        MemoryGrowth growth = MemoryGrowth.start();
        WorkerLines.serve(() -> {
            ObjectNode values = Rows.mapper().createObjectNode();
            try (NDArray gradient = head.getGradient()) {
                Ops.zero(gradient);
                HeadDivergence.Result result = loss.withGradient(hidden, head, teacher, factors);
                try (NDArray ofHidden = result.gradient()) {
                    if (!Files.exists(results)) {
                        values.put("growth_mb", growth.megabytes());
                        write(results, result.values(), ofHidden, gradient);
                    }
                }
            }
            return values;
        });
    }

    private static NDArray moved(NDArray array, int seed, float bound) {
        try (NDArray noise = LossTensors.make(array.getManager(), array.getShape(), seed, bound)) {
            return noise.addi(array).duplicate();
        }
    }

    /** Student's and teacher's logits, and the two products of the way back: what no side can do without. */
    private static ObjectNode products(
            NDArray hidden, NDArray head, NDArray teacherHidden, NDArray teacherHead, NDArray gradient) {
        try (NDArray logits = Ops.linear(hidden, head);
                NDArray ofTeacher = Ops.linear(teacherHidden, teacherHead);
                NDArray ofHidden = logits.matMul(head)) {
            Ops.addLinearGradient(gradient, logits, hidden);
            return Rows.mapper().createObjectNode().put("numbers", ofTeacher.size() + ofHidden.size());
        }
    }

    private static void write(Path file, float[] values, NDArray ofHidden, NDArray ofHead) throws IOException {
        long width = ofHidden.getShape().get(1);
        try (NDArray rows = ofHead.get("::" + HEAD_ROW_STEP)) {
            new SafetensorsWriter()
                    .floats("values", WeightDtype.F32, new long[] {values.length}, () -> FloatBuffer.wrap(values))
                    .floats(
                            "hidden_gradient",
                            WeightDtype.F32,
                            new long[] {values.length, width},
                            () -> FloatBuffer.wrap(ofHidden.toFloatArray()))
                    .floats(
                            "head_gradient",
                            WeightDtype.F32,
                            new long[] {rows.getShape().get(0), width},
                            () -> FloatBuffer.wrap(rows.toFloatArray()))
                    .writeFile(file);
        }
    }
}
