package dev.retort.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.retort.batch.TokenBatch;
import dev.retort.batch.TokenExample;
import dev.retort.batch.TokenTree;
import dev.retort.op.LlamaLayer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Rows of different length laid behind one another, so that padding costs nothing outside attention, and what rows begin
 * with alike is read once.
 *
 * @param ids [N]
 * @param pack where each token belongs
 * @param tokens of each row, by position
 */
record PackedRows(NDArray ids, LlamaLayer.Pack pack, int[][] tokens) {

    /** Room that a rectangle may waste on a row, in tokens; and as a share of its width. */
    private static final int SPARE_TOKENS = 8;

    private static final int SPARE_SHARE = 8;

    static PackedRows of(TokenBatch batch, LlamaModel model) {
        List<int[]> rows =
                batch.examples().stream().map(TokenExample::predictors).toList();
        return of(rows, ofLikeLength(rows), 0, model, batch.manager());
    }

    /**
     * All rows in one rectangle, in their order.
     *
     * @param start the position of each row's first token
     */
    static PackedRows rectangle(List<int[]> rows, int start, LlamaModel model, NDManager manager) {
        List<Integer> all = IntStream.range(0, rows.size()).boxed().toList();
        return of(rows, List.of(all), start, model, manager);
    }

    /** The tokens from which a batch's labels are predicted, in the order of {@link TokenBatch#labelIds()}. */
    long[] labelPlaces(TokenBatch batch) {
        long[] places = new long[batch.labelCount()];
        int label = 0;
        for (int row = 0; row < tokens.length; row++) {
            int[] target = batch.examples().get(row).labels();
            for (int t = 1; t < target.length; t++) {
                if (target[t] != TokenExample.IGNORED) {
                    places[label++] = tokens[row][t - 1];
                }
            }
        }
        return places;
    }

    /** Rows that attention sees in one rectangle: no row is much shorter than the longest. */
    private static List<List<Integer>> ofLikeLength(List<int[]> rows) {
        List<Integer> sorted = IntStream.range(0, rows.size())
                .boxed()
                .sorted(Comparator.comparingInt(row -> -rows.get(row).length))
                .toList();
        List<List<Integer>> rectangles = new ArrayList<>();
        int width = Integer.MAX_VALUE;
        for (int row : sorted) {
            int length = rows.get(row).length;
            if (width - length > Math.max(SPARE_TOKENS, width / SPARE_SHARE)) {
                rectangles.add(new ArrayList<>());
                width = length;
            }
            rectangles.get(rectangles.size() - 1).add(row);
        }
        return rectangles;
    }

    private static PackedRows of(
            List<int[]> rows, List<List<Integer>> rectangles, int start, LlamaModel model, NDManager manager) {
        TokenTree tree = new TokenTree();
        int[][] tokens = rows.stream().map(tree::add).toArray(int[][]::new);
        long[] places = new long[tree.size()];
        Arrays.fill(places, -1);
        long[] sizes = new long[2 * rectangles.size()];
        long[] slots = new long[0];
        List<Long> againSlots = new ArrayList<>();
        List<Long> againTokens = new ArrayList<>();
        for (int rectangle = 0; rectangle < rectangles.size(); rectangle++) {
            List<Integer> inside = rectangles.get(rectangle);
            int width =
                    inside.stream().mapToInt(row -> tokens[row].length).max().orElseThrow();
            sizes[2 * rectangle] = inside.size();
            sizes[2 * rectangle + 1] = width;
            int first = slots.length;
            slots = Arrays.copyOf(slots, first + inside.size() * width);
            for (int row : inside) {
                for (int t = 0; t < tokens[row].length; t++) {
                    int token = tokens[row][t];
                    slots[first + t] = token;
                    if (places[token] < 0) {
                        places[token] = (long) first + t;
                    } else {
                        againSlots.add((long) first + t);
                        againTokens.add((long) token);
                    }
                }
                first += width;
            }
        }
        againSlots.addAll(againTokens);
        long[] again = againSlots.stream().mapToLong(Long::longValue).toArray();
        long[] positions = Arrays.stream(tree.positions())
                .map(position -> position + start)
                .toArray();
        NDArray[] rotation = model.rotationOf(
                positions, new Shape(tree.size(), 1, model.config().headDim()), manager);
        LlamaLayer.Pack pack = new LlamaLayer.Pack(
                rotation[0],
                rotation[1],
                manager.create(slots),
                manager.create(places),
                manager.create(sizes, new Shape(rectangles.size(), 2)),
                manager.create(again));
        return new PackedRows(manager.create(tree.ids()), pack, tokens);
    }
}
