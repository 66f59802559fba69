package dev.retort.papers.system2;

import java.util.Locale;

/** How many of a test question's names occur in some training question. */
public enum SeenNames {
    ALL,
    SOME,
    NONE;

    /** The name in lower case. */
    public String title() {
        return name().toLowerCase(Locale.ROOT);
    }
}
