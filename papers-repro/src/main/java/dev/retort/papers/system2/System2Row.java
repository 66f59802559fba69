package dev.retort.papers.system2;

import java.util.Locale;

/** The rows of a task, in the table's order. */
public enum System2Row {
    /** The model answers at once: the baseline. */
    SYSTEM_1,
    /** The model answers at once several times, and votes. */
    SYSTEM_1_MAJORITY,
    /** The method's several calls. */
    SYSTEM_2,
    /** The model after it was trained on the method's filtered answers; it answers at once. */
    DISTILLED,
    /** The same without the filter: the first answer of every question. */
    UNFILTERED,
    /** The same with the right answers, which no method has: what is to be had at all. Ours. */
    GOLD;

    /** In kebab-case. */
    public String title() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Whether a student is trained for the row. */
    boolean isTrained() {
        return this == DISTILLED || this == UNFILTERED || this == GOLD;
    }
}
