package dev.retort.filter;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Common first names that are no other English words, from a list of the toolkit. */
final class FirstNames {

    /** Whom a name is replaced among, so that pronouns go on fitting. */
    enum Kind {
        FEMALE,
        MALE,
        /** The name is not on the list. */
        ANY
    }

    private static final String FILE = "/perturbation/first-names.txt";

    /** Every name of the list, in its order. */
    static final Map<String, Kind> ALL = read();

    private FirstNames() {}

    /** The names of a kind, in the list's order; of {@link Kind#ANY} all. */
    static List<String> of(Kind kind) {
        return ALL.entrySet().stream()
                .filter(name -> kind == Kind.ANY || name.getValue() == kind)
                .map(Map.Entry::getKey)
                .toList();
    }

    private static Map<String, Kind> read() {
        Map<String, Kind> names = new LinkedHashMap<>();
        try (InputStream in = FirstNames.class.getResourceAsStream(FILE)) {
            if (in == null) {
                throw new IllegalStateException("the resource " + FILE + " is missing from the toolkit");
            }
            for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
                if (line.startsWith("#")) {
                    continue;
                }
                String[] words = line.split(" ");
                Kind kind = words[0].equals("f") ? Kind.FEMALE : Kind.MALE;
                for (int i = 1; i < words.length; i++) {
                    names.put(words[i], kind);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the resource " + FILE + " cannot be read", e);
        }
        return Collections.unmodifiableMap(names);
    }
}
