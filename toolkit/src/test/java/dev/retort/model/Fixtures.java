package dev.retort.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The golden files under src/test/resources/models; their README says how they were made. */
final class Fixtures {

    private Fixtures() {}

    static Path folder(String name) {
        try {
            return Path.of(Fixtures.class.getResource("/models/README.md").toURI())
                    .resolveSibling(name);
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    static JsonNode json(Path file) throws IOException {
        return new ObjectMapper().readTree(Files.readString(file));
    }

    static float[] floats(TensorSource source, String name) throws IOException {
        float[] values = new float[Math.toIntExact(WeightPlan.count(source.shape(name)))];
        source.readFloats(name, FloatBuffer.wrap(values));
        return values;
    }

    /** The rows of an integer tensor [B, S]. */
    static List<int[]> rows(TensorSource source, String name) throws IOException {
        float[] values = floats(source, name);
        long[] shape = source.shape(name);
        int width = (int) shape[shape.length - 1];
        List<int[]> rows = new ArrayList<>();
        for (int from = 0; from < values.length; from += width) {
            int[] row = new int[width];
            for (int i = 0; i < width; i++) {
                row[i] = (int) values[from + i];
            }
            rows.add(row);
        }
        return rows;
    }

    static int[] ids(JsonNode array) {
        int[] ids = new int[array.size()];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = array.get(i).intValue();
        }
        return ids;
    }

    /** Largest absolute difference; NaN counts as infinite. */
    static double difference(float[] a, float[] b) {
        if (a.length != b.length) {
            throw new AssertionError("lengths " + a.length + " and " + b.length);
        }
        double worst = 0;
        for (int i = 0; i < a.length; i++) {
            double d = Math.abs((double) a[i] - b[i]);
            worst = Double.isNaN(d) ? Double.POSITIVE_INFINITY : Math.max(worst, d);
        }
        return worst;
    }
}
