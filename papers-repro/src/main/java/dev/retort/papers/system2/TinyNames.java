package dev.retort.papers.system2;

import dev.retort.data.SeededRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Made-up names, a third of them kept for tests.
 *
 * @param all in an order drawn from a seed
 * @param trained how many of the first are not for tests
 */
record TinyNames(List<String> all, int trained) {

    private static final String[] FIRST = {
        "ba", "be", "da", "de", "fa", "fi", "go", "ju", "ki", "lo", "lu", "ma", "ne", "pi", "po", "ro", "sa", "tu",
        "vo", "zi"
    };
    private static final String[] LAST = {
        "dak", "fen", "gil", "lop", "mur", "nas", "pek", "rit", "sob", "tuz", "vam", "wex"
    };

    /** @throws IllegalArgumentException if there are not that many */
    static TinyNames of(int count, long seed, String task) {
        if (count < 3 || count > FIRST.length * LAST.length) {
            throw new IllegalArgumentException(
                    "names: " + task + " can have 3 to " + FIRST.length * LAST.length + ", not " + count);
        }
        List<String> names = new ArrayList<>();
        int[] order = SeededRandom.permutation(FIRST.length * LAST.length, SeededRandom.of(seed, "tiny-names", task));
        for (int i = 0; i < count; i++) {
            names.add(FIRST[order[i] / LAST.length] + LAST[order[i] % LAST.length]);
        }
        return new TinyNames(List.copyOf(names), count * 2 / 3);
    }

    /** The number of one for training, or for tests. */
    int draw(boolean isTest, SplittableRandom random) {
        return isTest ? trained + random.nextInt(all.size() - trained) : random.nextInt(trained);
    }

    /** Whether only tests have this one. */
    boolean isForTests(int name) {
        return name >= trained;
    }

    /** The number of any. */
    int drawAny(SplittableRandom random) {
        return random.nextInt(all.size());
    }
}
