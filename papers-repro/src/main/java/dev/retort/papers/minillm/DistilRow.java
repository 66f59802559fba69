package dev.retort.papers.minillm;

import dev.retort.loss.Divergence;
import dev.retort.loss.ForwardKl;
import dev.retort.loss.JensenShannon;
import dev.retort.loss.ReverseKl;
import java.util.Locale;

/** How a student learns. */
enum DistilRow {
    /** From the data alone. */
    SFT(false, 0),
    /** From what the teacher wrote. */
    SEQ_KD(true, 0),
    /** KL(teacher || student) at every token of what the teacher wrote. */
    FORWARD_KL(true, 0),
    /** KL(student || teacher) at every token of what the teacher wrote. */
    REVERSE_KL_OFF_POLICY(true, 0),
    /** KL(student || teacher) at every token of what the student wrote itself: GKD with lmbda 1 and beta 1. */
    REVERSE_KL(true, 1),
    /** GKD with TRL's defaults, lmbda 0.5 and beta 0.5. */
    GKD(true, 0.5);

    private final boolean fromTeacher;
    private final double lmbda;

    DistilRow(boolean fromTeacher, double lmbda) {
        this.fromTeacher = fromTeacher;
        this.lmbda = lmbda;
    }

    String title() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Whether completions are the teacher's and not the data's. */
    boolean isFromTeacher() {
        return fromTeacher;
    }

    /** From the teacher at every token; null for cross-entropy alone. */
    Divergence divergence() {
        return switch (this) {
            case SFT, SEQ_KD -> null;
            case FORWARD_KL -> new ForwardKl();
            case REVERSE_KL_OFF_POLICY, REVERSE_KL -> new ReverseKl();
            case GKD -> new JensenShannon(0.5);
        };
    }

    /** The share of steps whose completions are the student's own. */
    double lmbda() {
        return lmbda;
    }
}
