package dev.retort.cli;

import java.util.Locale;

/**
 * One line of {@code retort doctor}.
 *
 * @param level whether it stops anything
 * @param name what was looked at
 * @param detail what was found, and what to do where something is to be done
 */
record Finding(Level level, String name, String detail) {

    /** How bad it is. */
    enum Level {
        OK,
        /** Something optional is missing. */
        WARN,
        /** Something required is missing. */
        FAIL
    }

    static Finding ok(String name, String detail) {
        return new Finding(Level.OK, name, detail);
    }

    static Finding warn(String name, String detail) {
        return new Finding(Level.WARN, name, detail);
    }

    static Finding fail(String name, String detail) {
        return new Finding(Level.FAIL, name, detail);
    }

    /** The line without its line break. */
    String line() {
        return String.format(Locale.ROOT, "%-4s  %s: %s", level.name().toLowerCase(Locale.ROOT), name, detail);
    }
}
