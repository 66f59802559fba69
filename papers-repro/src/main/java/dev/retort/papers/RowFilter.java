package dev.retort.papers;

import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.List;
import java.util.regex.PatternSyntaxException;

/** Which rows of a recipe are wanted, by their names. Rows do not need each other, so several machines can share a recipe. */
public final class RowFilter {

    /** Every row. */
    public static final RowFilter ALL = new RowFilter(List.of());

    private final List<PathMatcher> globs;
    private boolean hasMatched;

    private RowFilter(List<PathMatcher> globs) {
        this.globs = globs;
    }

    /**
     * Rows whose name matches one of these, such as {@code distilled.last-letters.*}.
     *
     * @param globs none for all rows
     * @throws IllegalArgumentException where one is no glob
     */
    public static RowFilter of(List<String> globs) {
        try {
            return globs.isEmpty()
                    ? ALL
                    : new RowFilter(globs.stream()
                            .map(glob -> FileSystems.getDefault().getPathMatcher("glob:" + glob))
                            .toList());
        } catch (PatternSyntaxException e) {
            throw new IllegalArgumentException(
                    "'" + e.getPattern() + "' is no pattern of names: " + e.getDescription());
        }
    }

    /** Whether a row is wanted. */
    public boolean matches(String row) {
        boolean matches = isAll() || globs.stream().anyMatch(glob -> glob.matches(Path.of(row)));
        hasMatched |= matches;
        return matches;
    }

    /** Whether every row is. */
    public boolean isAll() {
        return globs.isEmpty();
    }

    /** Whether a row that was asked about is. */
    public boolean hasMatched() {
        return hasMatched;
    }
}
