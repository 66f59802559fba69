package dev.retort.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.retort.op.Ops;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What decoding remembers of each row: keys and values per layer, and the hidden state that predicts the next token.
 *
 * <p>Prompts are padded on the right; slots of the cache that hold padding are masked. Rows can leave, and can be repeated
 * so that samples of one prompt share its reading.
 */
public final class DecodeState {

    /** Positions that a cache grows by at most: a copy of it costs as much as a few tokens, unused room as much memory as used. */
    private static final long MOST_ROOM = 128;

    private final NDManager manager;
    private final NDArray[] keys;
    private final NDArray[] values;
    private final NDArray[] crossKeys;
    private final NDArray[] crossValues;
    private NDArray crossBias;
    private NDArray hidden;
    private List<NDArray[]> wholeLayers;
    private List<NDArray[]> rowLayers;
    private boolean isSingle;
    private int[] promptLengths;
    private final int promptSlots;
    private int filled;

    /** Some rows of a state, in caches of their own. */
    private DecodeState(DecodeState whole, int[] rows, NDManager manager) {
        this.manager = manager;
        keys = new NDArray[whole.keys.length];
        values = new NDArray[whole.values.length];
        crossKeys = new NDArray[whole.crossKeys.length];
        crossValues = new NDArray[whole.crossValues.length];
        promptLengths = Arrays.stream(rows).map(row -> whole.promptLengths[row]).toArray();
        promptSlots = whole.promptSlots;
        filled = whole.filled;
        wholeLayers = whole.wholeLayers;
        try (NDArray selection =
                manager.create(Arrays.stream(rows).asLongStream().toArray())) {
            for (int layer = 0; layer < keys.length; layer++) {
                keys[layer] = copy(whole.keys[layer], selection);
                values[layer] = copy(whole.values[layer], selection);
            }
            for (int layer = 0; layer < crossKeys.length; layer++) {
                crossKeys[layer] = copy(whole.crossKeys[layer], selection);
                crossValues[layer] = copy(whole.crossValues[layer], selection);
            }
            crossBias = copy(whole.crossBias, selection);
            hidden = copy(whole.hidden, selection);
        }
    }

    private NDArray copy(NDArray array, NDArray selection) {
        if (array == null) {
            return null;
        }
        NDArray copy = Ops.selectRows(array, selection);
        copy.attach(manager);
        return copy;
    }

    /**
     * @param promptLengths tokens of each row's prompt
     * @param crossLayers layers that attend to an encoder; 0 without one
     */
    DecodeState(NDManager manager, int layers, int crossLayers, int[] promptLengths) {
        this.manager = manager;
        this.keys = new NDArray[layers];
        this.values = new NDArray[layers];
        this.crossKeys = new NDArray[crossLayers];
        this.crossValues = new NDArray[crossLayers];
        this.promptLengths = promptLengths.clone();
        this.promptSlots = Arrays.stream(promptLengths).max().orElseThrow();
    }

    public NDManager manager() {
        return manager;
    }

    /** B, the rows still here. */
    public int rows() {
        return promptLengths.length;
    }

    /** The hidden states [B, D] that predict each row's next token. */
    public NDArray hidden() {
        return hidden;
    }

    void setHidden(NDArray value) {
        hidden = replace(hidden, value);
    }

    /** The arrays of each layer where a layer is one call; null where it is not. Not closed with the state. */
    List<NDArray[]> wholeLayers() {
        return wholeLayers;
    }

    void setWholeLayers(List<NDArray[]> layers) {
        wholeLayers = layers;
    }

    /** Whether a prompt has come alone and stayed alone, and layers have arrays for a single row. */
    boolean isSingle() {
        return isSingle;
    }

    void setSingle(boolean value) {
        isSingle = value;
    }

    /** The arrays of each layer for a single row; null until they are made. Not closed with the state. */
    List<NDArray[]> rowLayers() {
        return rowLayers;
    }

    void setRowLayers(List<NDArray[]> layers) {
        rowLayers = layers;
    }

    /** The slots of the cache that hold something. */
    int filled() {
        return filled;
    }

    void setFilled(int slots) {
        filled = slots;
    }

    /** The position that the next token of a row has in its own sequence. */
    int position(int row) {
        return promptLengths[row] + filled - promptSlots;
    }

    /** Stores keys or values [B, K, S, d] of a layer behind those there, giving [B, K, filled + S, d]. */
    private NDArray append(NDArray[] cache, int layer, NDArray fresh) {
        NDArray store = room(cache, layer, fresh.getShape(), fresh.getDataType());
        NDArray all = Ops.cacheWrite(store, fresh, filled);
        all.attach(fresh.getManager());
        return all;
    }

    /** The store of a layer with room for S more positions of [B, K, S, d]. */
    private NDArray room(NDArray[] cache, int layer, Shape shape, DataType type) {
        long needed = filled + shape.get(2);
        NDArray store = cache[layer];
        if (store == null || store.getShape().get(2) < needed) {
            long more = Math.max(
                    32, store == null ? 0 : Math.min(MOST_ROOM, store.getShape().get(2) / 2));
            long capacity = needed + more;
            NDArray larger = manager.zeros(new Shape(shape.get(0), shape.get(1), capacity, shape.get(3)), type);
            if (store != null) {
                try (NDArray old = store.get(":,:,0:" + filled)) {
                    Ops.cacheWrite(larger, old, 0).close();
                }
            }
            cache[layer] = replace(store, larger);
        }
        return cache[layer];
    }

    /** The keys' store [B, K, T, d] of a layer, with room for one more position. */
    NDArray keysWithRoom(int layer) {
        return room(keys, layer, onePosition(keys[layer]), keys[layer].getDataType());
    }

    /** The values' store [B, K, T, d] of a layer, with room for one more position. */
    NDArray valuesWithRoom(int layer) {
        return room(values, layer, onePosition(values[layer]), values[layer].getDataType());
    }

    private static Shape onePosition(NDArray store) {
        Shape shape = store.getShape();
        return new Shape(shape.get(0), shape.get(1), 1, shape.get(3));
    }

    NDArray appendKeys(int layer, NDArray fresh) {
        return append(keys, layer, fresh);
    }

    NDArray appendValues(int layer, NDArray fresh) {
        return append(values, layer, fresh);
    }

    /**
     * Stores what a layer makes of some prompts, from their first position on.
     *
     * @param firstRow of the rows they are
     * @param ofKeys [b, K, S, d] of b rows
     * @param ofValues likewise
     */
    void setPrompts(int layer, int firstRow, NDArray ofKeys, NDArray ofValues) {
        Shape shape = ofKeys.getShape();
        Shape all = new Shape(rows(), shape.get(1), promptSlots, shape.get(3));
        String rows = firstRow + ":" + (firstRow + shape.get(0));
        try (NDArray keysThere = room(keys, layer, all, ofKeys.getDataType()).get(rows);
                NDArray valuesThere =
                        room(values, layer, all, ofValues.getDataType()).get(rows)) {
            Ops.cacheWrite(keysThere, ofKeys, 0).close();
            Ops.cacheWrite(valuesThere, ofValues, 0).close();
        }
    }

    void setCross(int layer, NDArray key, NDArray value) {
        key.attach(manager);
        value.attach(manager);
        crossKeys[layer] = key;
        crossValues[layer] = value;
    }

    NDArray crossKeys(int layer) {
        return crossKeys[layer];
    }

    NDArray crossValues(int layer) {
        return crossValues[layer];
    }

    void setCrossBias(NDArray bias) {
        bias.attach(manager);
        crossBias = bias;
    }

    NDArray crossBias() {
        return crossBias;
    }

    /**
     * Which slots the next position sees, [B, 1, 1, filled + 1] boolean; null where every row sees all.
     *
     * @param window positions a token sees, itself included; 0 for all
     */
    NDArray mask(NDManager scratch, int window) {
        int slots = filled + 1;
        boolean all = true;
        boolean[] seen = new boolean[rows() * slots];
        for (int row = 0; row < rows(); row++) {
            int here = position(row);
            for (int slot = 0; slot < slots; slot++) {
                boolean padding = slot >= promptLengths[row] && slot < promptSlots;
                int there = slot < promptSlots ? slot : promptLengths[row] + slot - promptSlots;
                boolean sees = !padding && (window == 0 || there > here - window);
                seen[row * slots + slot] = sees;
                all &= sees;
            }
        }
        return all ? null : scratch.create(seen, new Shape(rows(), 1, 1, slots));
    }

    /** Keeps these rows, in this order; a row may be named more than once. */
    public void selectRows(int[] rows) {
        long[] index = Arrays.stream(rows).asLongStream().toArray();
        isSingle &= rows.length == 1;
        promptLengths = Arrays.stream(rows).map(row -> promptLengths[row]).toArray();
        try (NDArray selection = manager.create(index)) {
            for (NDArray[] cache : new NDArray[][] {keys, values, crossKeys, crossValues}) {
                for (int layer = 0; layer < cache.length; layer++) {
                    if (cache[layer] != null) {
                        cache[layer] = select(cache[layer], selection);
                    }
                }
            }
            if (crossBias != null) {
                crossBias = select(crossBias, selection);
            }
            hidden = select(hidden, selection);
        }
    }

    /**
     * These rows in a state of their own, which another thread may continue.
     *
     * @param ofRows owns what it keeps
     */
    DecodeState part(int[] rows, NDManager ofRows) {
        return new DecodeState(this, rows, ofRows);
    }

    /** Frees keys and values, which parts have copies of. */
    void closeCaches() {
        for (NDArray[] cache : new NDArray[][] {keys, values, crossKeys, crossValues}) {
            for (NDArray array : cache) {
                if (array != null) {
                    array.close();
                }
            }
        }
    }

    /**
     * Lets the other rows go. What these have read stays where it is, but that rows from the end take the places that become free:
     * a copy of all there is costs as much as some tokens more.
     *
     * @param staying in rising order, at least one
     * @return which of the rows before is where now
     */
    public int[] keepRows(int[] staying) {
        boolean[] stays = new boolean[rows()];
        for (int row : staying) {
            stays[row] = true;
        }
        int[] order = new int[staying.length];
        List<Long> free = new ArrayList<>();
        List<Long> movers = new ArrayList<>();
        int last = rows();
        for (int place = 0; place < order.length; place++) {
            order[place] = place;
            if (!stays[place]) {
                do {
                    last--;
                } while (!stays[last]);
                order[place] = last;
                free.add((long) place);
                movers.add((long) last);
            }
        }
        isSingle &= order.length == 1;
        promptLengths = Arrays.stream(order).map(row -> promptLengths[row]).toArray();
        try (NDManager scratch = manager.newSubManager()) {
            NDArray to = scratch.create(free.stream().mapToLong(Long::longValue).toArray());
            NDArray from =
                    scratch.create(movers.stream().mapToLong(Long::longValue).toArray());
            for (NDArray[] cache : new NDArray[][] {keys, values, crossKeys, crossValues}) {
                for (int layer = 0; layer < cache.length; layer++) {
                    cache[layer] = kept(cache[layer], from, to, order.length);
                }
            }
            crossBias = kept(crossBias, from, to, order.length);
            hidden = kept(hidden, from, to, order.length);
        }
        return order;
    }

    private static NDArray kept(NDArray array, NDArray from, NDArray to, int count) {
        if (array == null) {
            return null;
        }
        if (from.size() > 0) {
            Ops.moveRows(array, from, to);
        }
        return replace(array, array.get("0:" + count));
    }

    private static NDArray select(NDArray array, NDArray selection) {
        return replace(array, Ops.selectRows(array, selection));
    }

    private static NDArray replace(NDArray old, NDArray fresh) {
        if (old != null) {
            fresh.attach(old.getManager());
            old.close();
        }
        return fresh;
    }

    /** Ids [B, S] of rows of different lengths, padded on the right with 0. */
    static NDArray rectangle(List<int[]> rows, NDManager manager) {
        int width = rows.stream().mapToInt(row -> row.length).max().orElse(0);
        long[] flat = new long[rows.size() * width];
        for (int i = 0; i < rows.size(); i++) {
            int[] row = rows.get(i);
            if (row.length == 0) {
                throw new IllegalArgumentException("a prompt needs at least one token");
            }
            for (int j = 0; j < row.length; j++) {
                flat[i * width + j] = row[j];
            }
        }
        return manager.create(flat, new Shape(rows.size(), width));
    }
}
