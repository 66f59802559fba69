package dev.retort.batch;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Rows of token ids as one tree: what rows begin with alike is in it once. A causal model makes of a token nothing but what
 * it makes of it and those before it, so it needs to read each token of the tree once, whichever rows it belongs to.
 */
public final class TokenTree {

    /** The token behind another one, by both. */
    private final Map<Long, Integer> tokens = new HashMap<>();

    private final List<Integer> ids = new ArrayList<>();
    private final List<Integer> positions = new ArrayList<>();

    /** What a model reads to predict the labels of decoder-only examples. */
    public static TokenTree of(List<TokenExample> examples) {
        TokenTree tree = new TokenTree();
        examples.forEach(example -> tree.add(example.predictors()));
        return tree;
    }

    /**
     * Adds a row.
     *
     * @param row token ids, none below zero
     * @return the number in the tree of each of its tokens
     */
    public int[] add(int[] row) {
        int[] found = new int[row.length];
        int before = -1;
        for (int t = 0; t < row.length; t++) {
            Integer token = tokens.putIfAbsent(key(before, row[t]), ids.size());
            if (token == null) {
                token = ids.size();
                ids.add(row[t]);
                positions.add(t);
            }
            found[t] = token;
            before = token;
        }
        return found;
    }

    /** How many tokens a row would bring. */
    public int missing(int[] row) {
        int before = -1;
        for (int t = 0; t < row.length; t++) {
            Integer token = tokens.get(key(before, row[t]));
            if (token == null) {
                return row.length - t;
            }
            before = token;
        }
        return 0;
    }

    private static long key(int before, int id) {
        return (long) before << 32 | id;
    }

    /** N, the tokens of the tree. */
    public int size() {
        return ids.size();
    }

    /** The id of each token [N]. */
    public long[] ids() {
        return ids.stream().mapToLong(Integer::longValue).toArray();
    }

    /** The position of each token in its rows, from 0 [N]. */
    public long[] positions() {
        return positions.stream().mapToLong(Integer::longValue).toArray();
    }
}
