package dev.retort.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.retort.batch.TokenBatch;
import dev.retort.batch.TokenExample;
import dev.retort.op.LlamaLayer;
import java.util.Arrays;
import java.util.List;

/**
 * Rows of different length laid behind one another, so that padding costs nothing outside attention.
 *
 * @param ids [N]
 * @param pack where each token belongs
 */
record PackedRows(NDArray ids, LlamaLayer.Pack pack) {

    static PackedRows of(TokenBatch batch, LlamaModel model) {
        return of(batch.examples().stream().map(PackedRows::needed).toList(), 0, model, batch.manager());
    }

    /** A row up to the token that predicts its last label: nobody asks what comes after. */
    private static int[] needed(TokenExample row) {
        int length = row.input().length - 1;
        while (length > 1 && row.labels()[length] == TokenExample.IGNORED) {
            length--;
        }
        return Arrays.copyOf(row.input(), Math.max(1, length));
    }

    /** The tokens from which a batch's labels are predicted, in the order of {@link TokenBatch#labelIds()}. */
    static long[] labelPlaces(TokenBatch batch) {
        long[] places = new long[batch.labelCount()];
        int first = 0;
        int label = 0;
        for (TokenExample row : batch.examples()) {
            int[] target = row.labels();
            for (int t = 1; t < target.length; t++) {
                if (target[t] != TokenExample.IGNORED) {
                    places[label++] = (long) first + t - 1;
                }
            }
            first += needed(row).length;
        }
        return places;
    }

    /** @param start the position of each row's first token */
    static PackedRows of(List<int[]> rows, int start, LlamaModel model, NDManager manager) {
        int tokens = rows.stream().mapToInt(row -> row.length).sum();
        int width = rows.stream().mapToInt(row -> row.length).max().orElseThrow();
        long[] packed = new long[tokens];
        long[] positions = new long[tokens];
        long[] places = new long[tokens];
        long[] slots = new long[rows.size() * width];
        int token = 0;
        for (int row = 0; row < rows.size(); row++) {
            int[] input = rows.get(row);
            for (int t = 0; t < input.length; t++) {
                int slot = row * width + t;
                packed[token] = input[t];
                positions[token] = (long) start + t;
                places[token] = slot;
                slots[slot] = token;
                token++;
            }
        }
        NDArray[] rotation =
                model.rotationOf(positions, new Shape(tokens, 1, model.config().headDim()), manager);
        LlamaLayer.Pack pack = new LlamaLayer.Pack(
                rotation[0], rotation[1], manager.create(slots), manager.create(places), rows.size());
        return new PackedRows(manager.create(packed), pack);
    }
}
