package dev.retort.papers.system2;

import dev.retort.data.SeededRandom;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * Our list of 1,684 first names, dealt into training names (about four of five) and test names by a hash of seed and name.
 * Groups of training names, whatever their order, are dealt the same way, so that no question drawn for testing shares its
 * group with one drawn for training, however many of either are drawn.
 */
public final class FirstNames {

    /** The most names in one question. */
    static final int MOST = 50;

    private static final String RESOURCE = "first-names.txt";
    private static final int SHARES = 5;
    private static final int ATTEMPTS = 1000;

    private final long seed;
    private final List<String> train = new ArrayList<>();
    private final List<String> test = new ArrayList<>();

    /** The names as a seed deals them. */
    public FirstNames(long seed) {
        this.seed = seed;
        for (String name : all()) {
            (isHeldOut("name-split", key(List.of(name))) ? test : train).add(name);
        }
    }

    /** Every name, sorted. */
    public static List<String> all() {
        try (InputStream in = FirstNames.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new IllegalStateException("the resource " + RESOURCE + " is missing beside FirstNames");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
        } catch (IOException e) {
            throw new UncheckedIOException("the resource " + RESOURCE + " cannot be read", e);
        }
    }

    /** The names that training questions use. */
    public List<String> train() {
        return List.copyOf(train);
    }

    /** The names that no training question uses. */
    public List<String> test() {
        return List.copyOf(test);
    }

    /** One text for a group of names, whatever their order and case. */
    public static String key(List<String> names) {
        return String.join(
                " ",
                names.stream()
                        .map(name -> name.toLowerCase(Locale.ROOT))
                        .sorted()
                        .toList());
    }

    /**
     * Different groups of different names. The first n of a draw of more are the draw of n.
     *
     * @param size names in a group, 1 to 50
     * @param reserved {@linkplain #key keys} of groups that must not be drawn
     * @throws IllegalArgumentException where there are not so many
     */
    public List<List<String>> draw(NameUse use, int count, int size, Set<String> reserved) {
        if (count < 0 || size < 1 || size > MOST) {
            throw new IllegalArgumentException(
                    "cannot draw " + count + " groups of " + size + " names; a group has 1 to " + MOST + " names");
        }
        Set<String> taken = new HashSet<>(reserved);
        List<List<String>> groups = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            groups.add(group(use, size, i, taken));
        }
        return groups;
    }

    private List<String> group(NameUse use, int size, int index, Set<String> taken) {
        List<String> pool = use == NameUse.UNSEEN_NAMES ? test : train;
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            SplittableRandom random = SeededRandom.of(seed, "names-" + use.title(), size, index, attempt);
            Set<String> names = new LinkedHashSet<>();
            while (names.size() < size) {
                names.add(pool.get(random.nextInt(pool.size())));
            }
            List<String> group = List.copyOf(names);
            if (isAllowed(use, key(group)) && taken.add(key(group))) {
                return group;
            }
        }
        throw new IllegalArgumentException("found no new group of " + size + " names for " + use.title() + " after "
                + index + " and " + ATTEMPTS + " attempts; draw fewer or larger groups");
    }

    private boolean isAllowed(NameUse use, String key) {
        return use == NameUse.UNSEEN_NAMES || isHeldOut("group-split", key) == (use == NameUse.SEEN_NAMES);
    }

    private boolean isHeldOut(String stage, String key) {
        return SeededRandom.of(seed, stage, key).nextInt(SHARES) == 0;
    }
}
