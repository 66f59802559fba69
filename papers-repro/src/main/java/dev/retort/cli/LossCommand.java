package dev.retort.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.data.Nearest;
import dev.retort.data.Rows;
import dev.retort.loss.Divergence;
import dev.retort.loss.Divergences;
import dev.retort.loss.LogitCrossEntropy;
import dev.retort.loss.LogitDivergence;
import dev.retort.loss.LogitUnlikelihood;
import dev.retort.model.ModelFileException;
import dev.retort.model.SafetensorsFile;
import dev.retort.model.SafetensorsWriter;
import dev.retort.model.WeightDtype;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Computes a loss of given tensors. */
@Command(
        name = "loss",
        mixinStandardHelpOptions = true,
        description = {
            "Computes a loss of tensors, and its gradient.",
            "The safetensors file holds student [N, V] and teacher [N, V] (logits), labels [N], each where the loss"
                    + " needs it, and, optionally, mask [N] (any numeric or boolean type, non-zero counts). Prints"
                    + " {\"sum\", \"count\", \"value\"} over the rows that count.",
            "Of labels: cross-entropy, unlikelihood. Of a teacher: teacher-cross-entropy, forward-kl, reverse-kl,"
                    + " symmetric-kl, jsd, skew-kl, skew-reverse-kl, total-variation, adaptive-kl. P is the teacher's and"
                    + " Q the student's softmax(logits / temperature); there is no factor of the temperature squared."
        },
        footer = {
            "",
            "Keys of --set: temperature (default 1; divides the logits); beta of jsd (default 0.5), alpha of skew-kl"
                    + " and skew-reverse-kl (default 0.1), mu of adaptive-kl (default 0.5).",
            "",
            "Example:",
            "  retort loss --name cross-entropy --input logits.safetensors \\",
            "      --set temperature=2 --grad-out gradient.safetensors"
        })
final class LossCommand implements Callable<Integer> {

    /** The losses of labels. */
    private static final List<String> OF_LABELS = List.of("cross-entropy", "unlikelihood");

    private static final String TEMPERATURE = "temperature";

    @Mixin
    private Common common;

    @Option(names = "--name", paramLabel = "NAME", required = true, description = "The loss, see above")
    private String name;

    @Option(names = "--input", paramLabel = "FILE", required = true, description = "The tensors")
    private Path input;

    @Option(names = "--set", paramLabel = "KEY=VALUE", description = "A setting of the loss; may be repeated")
    private List<String> settings = new ArrayList<>();

    @Option(
            names = "--grad-out",
            paramLabel = "FILE",
            description = "Where to write `gradient` [N, V], float32: that of sum with respect to the student's logits")
    private Path gradientFile;

    @Spec
    private CommandSpec spec;

    /** The logits [N, V], row-major. */
    private record Logits(float[] values, int rows, int width) {}

    @Override
    public Integer call() throws IOException {
        common.apply();
        List<String> names = new ArrayList<>(OF_LABELS);
        names.addAll(Divergences.names());
        if (!names.contains(name)) {
            throw new UsageException(
                    "--name " + name + " is not a loss of this version; supported: " + String.join(", ", names));
        }
        Map<String, Double> values = settings();
        double temperature = values.get(TEMPERATURE);
        double sum = 0;
        long count = 0;
        try (SafetensorsFile file = SafetensorsFile.open(input)) {
            Logits student = logits(file, "student");
            boolean[] counted = mask(file, student.rows());
            Rowwise loss = OF_LABELS.contains(name)
                    ? ofLabels(file, student, counted, temperature)
                    : ofTeacher(file, student, values);
            float[] gradient = gradientFile == null ? null : student.values();
            for (int row = 0; row < student.rows(); row++) {
                if (counted[row]) {
                    checkRow("student", student, row);
                    double value = loss.row(row, gradient);
                    if (Double.isInfinite(value)) {
                        throw bad("student", "row " + row + ": the loss is infinite there" + why());
                    }
                    sum += value;
                    count++;
                } else if (gradient != null) {
                    Arrays.fill(gradient, row * student.width(), (row + 1) * student.width(), 0);
                }
            }
            if (gradient != null) {
                new SafetensorsWriter()
                        .floats(
                                "gradient",
                                WeightDtype.F32,
                                new long[] {student.rows(), student.width()},
                                () -> FloatBuffer.wrap(gradient))
                        .writeFile(gradientFile);
            }
        }
        ObjectNode result = Rows.mapper().createObjectNode();
        result.put("sum", sum).put("count", count).put("value", count == 0 ? 0 : sum / count);
        PrintWriter out = spec.commandLine().getOut();
        out.println(result);
        out.flush();
        return Retort.DONE;
    }

    private String why() {
        return OF_LABELS.contains(name)
                ? ""
                : ": a token has no probability (-Infinity) in student or in teacher, and some in the other";
    }

    /** One row's loss, and its gradient where one is wanted. */
    @FunctionalInterface
    private interface Rowwise {
        double row(int row, float[] gradient) throws IOException;
    }

    private Rowwise ofLabels(SafetensorsFile file, Logits student, boolean[] counted, double temperature)
            throws IOException {
        int[] labels = labels(file, student, counted);
        boolean isUnlikelihood = name.equals("unlikelihood");
        return (row, gradient) -> {
            if (isUnlikelihood) {
                return LogitUnlikelihood.row(
                        student.values(), row, student.width(), labels[row], temperature, gradient);
            }
            if (student.values()[row * student.width() + labels[row]] == Float.NEGATIVE_INFINITY) {
                throw bad(
                        "student",
                        "row " + row + ", column " + labels[row]
                                + " is -Infinity, and it is the label's: the loss is infinite");
            }
            return LogitCrossEntropy.row(student.values(), row, student.width(), labels[row], temperature, gradient);
        };
    }

    private Rowwise ofTeacher(SafetensorsFile file, Logits student, Map<String, Double> values) throws IOException {
        Logits teacher = logits(file, "teacher");
        if (teacher.width() != student.width()) {
            throw bad(
                    "teacher",
                    "has a vocabulary of " + teacher.width() + " and student one of " + student.width()
                            + "; they must be the same");
        }
        if (teacher.rows() != student.rows()) {
            throw bad("teacher", "has " + teacher.rows() + " rows and student " + student.rows());
        }
        Divergence divergence = divergence(values);
        return (row, gradient) -> {
            checkRow("teacher", teacher, row);
            return LogitDivergence.row(
                    divergence,
                    student.values(),
                    teacher.values(),
                    row,
                    student.width(),
                    values.get(TEMPERATURE),
                    gradient);
        };
    }

    private Divergence divergence(Map<String, Double> values) {
        Map<String, Double> own = new TreeMap<>(values);
        own.remove(TEMPERATURE);
        return AskOptions.usage("--set", () -> Divergences.named(name, own));
    }

    /** The temperature, and the setting that the loss has. */
    private Map<String, Double> settings() {
        Map<String, Double> values = new TreeMap<>(Map.of(TEMPERATURE, 1.0));
        if (!OF_LABELS.contains(name)) {
            values.putAll(Divergences.settings(name));
        }
        for (String setting : settings) {
            int equals = setting.indexOf('=');
            String key = equals < 0 ? setting : setting.substring(0, equals);
            if (equals < 0) {
                throw new UsageException("--set " + setting + ": give key=value, for example temperature=2");
            }
            if (!values.containsKey(key)) {
                throw new UsageException("--set " + key + " is no setting of " + name
                        + Nearest.of(key, List.copyOf(values.keySet()))
                                .map(nearest -> "; the nearest is " + nearest)
                                .orElse(""));
            }
            double value;
            try {
                value = Double.parseDouble(setting.substring(equals + 1));
            } catch (NumberFormatException e) {
                throw new UsageException("--set " + setting + ": not a number");
            }
            if (key.equals(TEMPERATURE) && (!(value > 0) || !Double.isFinite(value))) {
                throw new UsageException("--set " + setting + ": the temperature must be a finite number above 0");
            }
            values.put(key, value);
        }
        return values;
    }

    private Logits logits(SafetensorsFile file, String tensor) throws IOException {
        long[] shape = file.shape(tensor);
        if (shape.length != 2 || shape[1] < 1) {
            throw bad(tensor, "has shape " + Arrays.toString(shape) + "; logits [N, V] are expected");
        }
        if (!file.dtype(tensor).isFloating()) {
            throw bad(tensor, "has type " + file.dtype(tensor) + "; floating-point logits are expected");
        }
        if (shape[0] > Integer.MAX_VALUE / shape[1]) {
            throw bad(tensor, "has shape " + Arrays.toString(shape) + ", more than 2^31 numbers; give fewer rows");
        }
        float[] values = new float[(int) (shape[0] * shape[1])];
        file.readFloats(tensor, FloatBuffer.wrap(values));
        return new Logits(values, (int) shape[0], (int) shape[1]);
    }

    private boolean[] mask(SafetensorsFile file, int rows) throws IOException {
        boolean[] counted = new boolean[rows];
        if (!file.names().contains("mask")) {
            Arrays.fill(counted, true);
            return counted;
        }
        requireLength(file, "mask", rows);
        ByteBuffer bytes = file.readRaw("mask").order(ByteOrder.LITTLE_ENDIAN);
        WeightDtype dtype = file.dtype("mask");
        for (int row = 0; row < rows; row++) {
            // The sign of a floating-point zero is the only bit that may be set in a zero.
            long bits = element(bytes, dtype, row);
            counted[row] = (dtype.isFloating() ? bits << (64 - 8 * dtype.bytes() + 1) : bits) != 0;
        }
        return counted;
    }

    private int[] labels(SafetensorsFile file, Logits student, boolean[] counted) throws IOException {
        requireLength(file, "labels", student.rows());
        WeightDtype dtype = file.dtype("labels");
        if (dtype.isFloating() || dtype == WeightDtype.BOOL) {
            throw bad("labels", "has type " + dtype + "; whole numbers are expected");
        }
        ByteBuffer bytes = file.readRaw("labels").order(ByteOrder.LITTLE_ENDIAN);
        int[] labels = new int[student.rows()];
        for (int row = 0; row < labels.length; row++) {
            long label = element(bytes, dtype, row);
            if (counted[row] && (label < 0 || label >= student.width())) {
                String shown = dtype == WeightDtype.U64 ? Long.toUnsignedString(label) : Long.toString(label);
                throw bad(
                        "labels",
                        "row " + row + " is " + shown + ", outside 0 to " + (student.width() - 1)
                                + "; correct it, or give the row the mask 0");
            }
            labels[row] = counted[row] ? (int) label : 0;
        }
        return labels;
    }

    private void requireLength(SafetensorsFile file, String tensor, int rows) throws IOException {
        long[] shape = file.shape(tensor);
        if (shape.length != 1 || shape[0] != rows) {
            throw bad(
                    tensor,
                    "has shape " + Arrays.toString(shape) + "; [" + rows + "] is expected, as student has " + rows
                            + " rows");
        }
    }

    /** An element as a whole number, or the bits of a floating-point one. */
    private static long element(ByteBuffer bytes, WeightDtype dtype, int index) {
        return switch (dtype) {
            case F64, I64, U64 -> bytes.getLong(index * 8);
            case F32, I32 -> bytes.getInt(index * 4);
            case U32 -> Integer.toUnsignedLong(bytes.getInt(index * 4));
            case F16, BF16, I16 -> bytes.getShort(index * 2);
            case U16 -> Short.toUnsignedLong(bytes.getShort(index * 2));
            case I8 -> bytes.get(index);
            case U8, BOOL -> Byte.toUnsignedLong(bytes.get(index));
        };
    }

    private void checkRow(String tensor, Logits logits, int row) throws IOException {
        int from = row * logits.width();
        boolean isFinite = false;
        for (int i = 0; i < logits.width(); i++) {
            float logit = logits.values()[from + i];
            if (Float.isNaN(logit) || logit == Float.POSITIVE_INFINITY) {
                throw bad(tensor, "row " + row + ", column " + i + " is " + logit + "; logits must be numbers");
            }
            isFinite |= logit != Float.NEGATIVE_INFINITY;
        }
        if (!isFinite) {
            throw bad(tensor, "row " + row + " is -Infinity throughout; there is no distribution");
        }
    }

    private ModelFileException bad(String tensor, String problem) {
        return ModelFileException.tensor(input, tensor, problem);
    }
}
