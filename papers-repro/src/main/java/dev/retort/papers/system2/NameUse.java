package dev.retort.papers.system2;

import java.util.Locale;

/** Which names, and which groups of them, a drawn question may use. */
public enum NameUse {
    /** Training names, in groups that no test uses. */
    TRAIN,
    /** Training names, in groups that no training question uses. */
    SEEN_NAMES,
    /** Names that no training question uses. */
    UNSEEN_NAMES;

    /** The name in kebab-case. */
    public String title() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
