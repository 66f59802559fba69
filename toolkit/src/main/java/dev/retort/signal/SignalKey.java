package dev.retort.signal;

import dev.retort.data.SeededRandom;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/**
 * What a teacher signal was computed of, by content: two signals of one key are the same, wherever their texts stand in which
 * file.
 *
 * @param hex SHA-256, 64 lower-case hexadecimal digits
 */
public record SignalKey(String hex) {

    /** @throws IllegalArgumentException where this is no such text */
    public SignalKey {
        if (!hex.matches("[0-9a-f]{64}")) {
            throw new IllegalArgumentException("the key of a signal is 64 hexadecimal digits");
        }
    }

    /**
     * The key of the k most probable tokens at the positions from {@code first} to the end of a sequence.
     *
     * @param modelRevision of the teacher, such as {@link ModelHash#model}
     * @param tokenizerHash of the tokenizer that the ids are of, such as {@link ModelHash#tokenizer}
     * @param tokenIds the whole sequence, prompt and completion
     * @param first the index of the first token that is scored
     * @param temperature of the teacher's softmax, above 0
     */
    public static SignalKey of(
            String modelRevision, String tokenizerHash, int[] tokenIds, int first, int k, double temperature) {
        if (first < 0 || first >= tokenIds.length) {
            throw new IllegalArgumentException(
                    "the first scored of " + tokenIds.length + " tokens cannot be the one at index " + first);
        }
        if (k < 1 || !(temperature > 0 && temperature < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(
                    "a signal needs at least 1 token and a temperature above 0, not " + k + " and " + temperature);
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            // Lengths go before what has one, so that nothing can run over into the next.
            write(out, "top-k log-probabilities");
            write(out, modelRevision);
            write(out, tokenizerHash);
            out.writeInt(tokenIds.length);
            for (int id : tokenIds) {
                out.writeInt(id);
            }
            out.writeInt(first);
            out.writeInt(k);
            out.writeDouble(temperature);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new SignalKey(HexFormat.of().formatHex(SeededRandom.sha256(bytes.toByteArray())));
    }

    private static void write(DataOutputStream out, String text) throws IOException {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        out.writeInt(utf8.length);
        out.write(utf8);
    }
}
