package dev.retort.batch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Examples padded to one rectangle on the right: token ids and attention mask [B, S], and the N labelled positions. Owns the
 * manager of its arrays; close it after the step.
 */
public final class TokenBatch implements AutoCloseable {

    private final NDManager manager;
    private final List<TokenExample> examples;
    private final boolean encoderDecoder;
    private final int inputWidth;
    private final int labelWidth;
    private final int[] labels; // [N]
    private final int[] labelRows; // [N]
    private final long[] positions; // [N]
    private NDArray inputIds;

    /**
     * @param parent decides the device; the batch's arrays belong to a child of it
     * @param encoderDecoder whether labels are the decoder's targets (position t predicts label t) and not the input itself
     *     (position t - 1 predicts label t)
     */
    public TokenBatch(List<TokenExample> examples, boolean encoderDecoder, NDManager parent) {
        if (examples.isEmpty()) {
            throw new IllegalArgumentException("a batch needs at least one example");
        }
        this.examples = List.copyOf(examples);
        this.encoderDecoder = encoderDecoder;
        this.inputWidth = examples.stream().mapToInt(TokenExample::length).max().orElseThrow();
        this.labelWidth = examples.stream()
                .mapToInt(example -> example.labels().length)
                .max()
                .orElseThrow();
        List<long[]> found = new ArrayList<>();
        for (int row = 0; row < examples.size(); row++) {
            int[] rowLabels = examples.get(row).labels();
            // The first token of a decoder-only sequence has no position before it that could predict it.
            for (int t = encoderDecoder ? 0 : 1; t < rowLabels.length; t++) {
                if (rowLabels[t] != TokenExample.IGNORED) {
                    long position = encoderDecoder ? (long) row * labelWidth + t : (long) row * inputWidth + t - 1;
                    found.add(new long[] {rowLabels[t], row, position});
                }
            }
        }
        labels = found.stream().mapToInt(entry -> (int) entry[0]).toArray();
        labelRows = found.stream().mapToInt(entry -> (int) entry[1]).toArray();
        positions = found.stream().mapToLong(entry -> entry[2]).toArray();
        manager = parent.newSubManager();
    }

    /** The examples, one a row. */
    public List<TokenExample> examples() {
        return examples;
    }

    public NDManager manager() {
        return manager;
    }

    /** B. */
    public int rows() {
        return examples.size();
    }

    /** S. */
    public int width() {
        return inputWidth;
    }

    /** Tokens of input and labels, padding not counted: what is called tokens in tokens a second. */
    public long tokens() {
        long count = 0;
        for (TokenExample example : examples) {
            count += example.length() + (encoderDecoder ? example.labels().length : 0);
        }
        return count;
    }

    /** N, the labelled tokens. */
    public int labelCount() {
        return labels.length;
    }

    /** Labelled tokens of each kind of example. */
    public Map<String, Long> labelCounts() {
        Map<String, Long> counts = new TreeMap<>();
        for (int row : labelRows) {
            counts.merge(examples.get(row).kind(), 1L, Long::sum);
        }
        return counts;
    }

    /** The labels, row by row, [N]. */
    public int[] labels() {
        return labels.clone();
    }

    /** The row that each label stands in, [N]. */
    public int[] labelRows() {
        return labelRows.clone();
    }

    /** Token ids [B, S], 64-bit; 0 where a row has ended. */
    public NDArray inputIds() {
        if (inputIds == null) {
            long[] flat = new long[rows() * inputWidth];
            for (int row = 0; row < rows(); row++) {
                int[] ids = examples.get(row).input();
                for (int t = 0; t < ids.length; t++) {
                    flat[row * inputWidth + t] = ids[t];
                }
            }
            inputIds = manager.create(flat, new Shape(rows(), inputWidth));
        }
        return inputIds;
    }

    /** [B, S], 64-bit: 1 for a token, 0 for padding. */
    public NDArray attentionMask() {
        long[] flat = new long[rows() * inputWidth];
        for (int row = 0; row < rows(); row++) {
            java.util.Arrays.fill(
                    flat, row * inputWidth, row * inputWidth + examples.get(row).length(), 1);
        }
        return manager.create(flat, new Shape(rows(), inputWidth));
    }

    /** The decoder's input [B, T], 64-bit: the labels moved right by one behind the start token. */
    public NDArray decoderInputIds(int startId) {
        long[] flat = new long[rows() * labelWidth];
        for (int row = 0; row < rows(); row++) {
            int[] ids = examples.get(row).labels();
            flat[row * labelWidth] = startId;
            for (int t = 0; t + 1 < ids.length; t++) {
                flat[row * labelWidth + t + 1] = Math.max(ids[t], 0);
            }
        }
        return manager.create(flat, new Shape(rows(), labelWidth));
    }

    /** Where the labels are predicted: indices [N], 64-bit, into the hidden states flattened to [B S, D] (or [B T, D]). */
    public NDArray labelPositions() {
        return manager.create(positions);
    }

    /** The labels as an array [N], 64-bit. */
    public NDArray labelIds() {
        long[] ids = new long[labels.length];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = labels[i];
        }
        return manager.create(ids);
    }

    @Override
    public void close() {
        manager.close();
    }
}
