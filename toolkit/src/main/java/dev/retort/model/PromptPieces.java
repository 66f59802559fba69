package dev.retort.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * Which neighbours among prompts are read together: those that begin alike, for what they share is read once, and not so many
 * that what a layer makes of their tokens outgrows the processor's caches.
 */
final class PromptPieces {

    private static final int LEAST_SHARED = 16;

    /** Tokens of a piece besides those that its prompts share; one prompt may have more. */
    private static final long MOST_TOKENS = 3072;

    /** What a piece costs beside its tokens, in tokens. */
    private static final long ONE_MORE = 32;

    private PromptPieces() {}

    /** How many tokens all prompts begin with, so that they are read once; 0 where that is not worth a pass of its own. */
    static int shared(List<int[]> prompts) {
        int shared = prompts.get(0).length - 1;
        for (int[] prompt : prompts) {
            shared = alike(prompts.get(0), prompt, shared);
        }
        return worth(shared, prompts.size());
    }

    private static int alike(int[] first, int[] other, int most) {
        int end = Math.min(most, other.length - 1);
        int differs = Arrays.mismatch(first, 0, end, other, 0, end);
        return differs < 0 ? end : differs;
    }

    private static int worth(int shared, int prompts) {
        return shared >= LEAST_SHARED && prompts > 1 ? shared : 0;
    }

    /** Where each piece ends, so that the fewest tokens are read. */
    static List<Integer> ends(List<int[]> prompts) {
        int count = prompts.size();
        long[] least = new long[count + 1];
        int[] begin = new int[count + 1];
        Arrays.fill(least, 1, count + 1, Long.MAX_VALUE);
        for (int from = 0; from < count; from++) {
            int[] first = prompts.get(from);
            int alike = first.length - 1;
            long all = 0;
            for (int to = from + 1; to <= count; to++) {
                int[] added = prompts.get(to - 1);
                alike = alike(first, added, alike);
                all += added.length;
                int shared = worth(alike, to - from);
                long rests = all - (long) (to - from) * shared;
                if (rests > MOST_TOKENS && to > from + 1) {
                    break;
                }
                long read = least[from] + shared + rests + ONE_MORE;
                if (read < least[to]) {
                    least[to] = read;
                    begin[to] = from;
                }
            }
        }
        List<Integer> ends = new ArrayList<>();
        for (int end = count; end > 0; end = begin[end]) {
            ends.add(end);
        }
        Collections.reverse(ends);
        return ends;
    }
}
