package dev.retort.papers;

import java.util.Locale;

/** The steps of the road from questions to table, in order. */
public enum Stage {
    /** questions.jsonl to samples.jsonl and failures.jsonl. */
    ASK,
    /** samples.jsonl to kept.jsonl and rejected.jsonl. */
    FILTER,
    /** kept.jsonl to train.jsonl. */
    COMPOSE,
    /** train.jsonl to rows/ROW/final. */
    TRAIN,
    /** rows/ROW/final to rows/ROW/eval. */
    EVALUATE,
    /** The evaluations to table.csv and table.md. */
    REPORT;

    /** The name on the command line. */
    public String title() {
        return name().toLowerCase(Locale.ROOT);
    }
}
