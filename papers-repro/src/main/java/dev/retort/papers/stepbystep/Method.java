package dev.retort.papers.stepbystep;

import dev.retort.data.Example;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The rows of the paper's tables, and our controls. */
enum Method {
    /** Gold labels, no prefix: the paper's baseline. */
    STANDARD_FINETUNING(Target.GOLD),
    /** As standard finetuning with the teacher's labels: the paper's baseline without gold labels. */
    STANDARD_DISTILLATION(Target.TEACHER),
    /** Gold labels and the teacher's rationales, told apart by a prefix (equations 1, 3 and 4). */
    STEP_BY_STEP(Target.GOLD),
    /** As step-by-step with the teacher's labels. */
    STEP_BY_STEP_TEACHER_LABELS(Target.TEACHER),
    /** As step-by-step with rationales shuffled between questions. Our control: is it what rationales say? */
    STEP_BY_STEP_SHUFFLED(Target.GOLD),
    /** As step-by-step where rationales are noise. Our control, of the tiny world only. */
    STEP_BY_STEP_NOISE(Target.GOLD),
    /** One target, the rationale and then the label (equation 5). */
    SINGLE_TASK(Target.GOLD),
    /** The rationale is part of the input (equation 2): the teacher is needed at test time. */
    RATIONALE_AS_INPUT(Target.GOLD),
    /** Our reading of PINTO: as rationale-as-input with the teacher's labels; without its counterfactual term. */
    PINTO(Target.TEACHER),
    /** Standard finetuning on SVAMP and ASDiv together, ASDiv's own equations being the labels. */
    STANDARD_FINETUNING_ASDIV(Target.GOLD),
    /** The same without the problems of ASDiv that are nearly in SVAMP's test. */
    STANDARD_FINETUNING_ASDIV_DEDUPLICATED(Target.GOLD),
    /** The teacher itself, prompted with demonstrations; no student. */
    FEW_SHOT_COT(Target.TEACHER);

    /** The kind of example that carries the label. */
    static final String ANSWER = "answer";

    /** The kind of example that carries the rationale. */
    static final String RATIONALE = "rationale";

    private enum Target {
        GOLD,
        TEACHER
    }

    private final Target target;

    Method(Target target) {
        this.target = target;
    }

    /**
     * The texts around questions and rationales.
     *
     * @param label before the input where the label is predicted (the paper: "[label] "; its code: "predict: ")
     * @param rationale before the input where the rationale is predicted
     * @param connective between rationale and label where both are one target
     */
    record Texts(String label, String rationale, String connective) {}

    /**
     * The method of a name.
     *
     * @throws IllegalArgumentException if there is none
     */
    static Method of(String title) {
        return Arrays.stream(values())
                .filter(method -> method.title().equals(title))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("there is no method '" + title + "'"));
    }

    /** The name in files. */
    String title() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Whether rationales are a task of their own (two terms in the loss). */
    boolean hasRationales() {
        return switch (this) {
            case STEP_BY_STEP, STEP_BY_STEP_TEACHER_LABELS, STEP_BY_STEP_SHUFFLED, STEP_BY_STEP_NOISE -> true;
            default -> false;
        };
    }

    /** Whether the student reads the teacher's rationale, at test time too. */
    boolean readsRationales() {
        return this == RATIONALE_AS_INPUT || this == PINTO;
    }

    /** Whether labels are the teacher's. */
    boolean hasTeacherLabels() {
        return target == Target.TEACHER;
    }

    /** Whether ASDiv's problems are added. */
    boolean addsAsdiv() {
        return this == STANDARD_FINETUNING_ASDIV || this == STANDARD_FINETUNING_ASDIV_DEDUPLICATED;
    }

    /** What it is compared with. */
    Method baseline() {
        return switch (this) {
            case STANDARD_DISTILLATION, STEP_BY_STEP_TEACHER_LABELS, PINTO -> STANDARD_DISTILLATION;
            default -> STANDARD_FINETUNING;
        };
    }

    /** The task of the tiny world whose samples the method learns from. */
    String task() {
        return this == STEP_BY_STEP_NOISE ? KindsWorld.NOISE : KindsWorld.INFORMATIVE;
    }

    /** alpha L_label + (1 - alpha) L_rationale: equation 3 with alpha = 1 / (1 + lambda), halved. */
    Map<String, Double> terms(double alpha) {
        return hasRationales() ? Map.of(ANSWER, alpha, RATIONALE, 1 - alpha) : Map.of(ANSWER, 1.0);
    }

    /** The student's input where it is asked for a label. */
    String prompt(Lesson lesson, Texts texts) {
        if (readsRationales()) {
            return lesson.input() + "\n" + lesson.rationale().strip();
        }
        return hasRationales() ? texts.label() + lesson.input() : lesson.input();
    }

    /**
     * What is learnt from a lesson, in one step. Wrong and empty rationales and labels of the teacher stay in, as in the
     * paper.
     *
     * @param rationale of this lesson, or of another one in the control
     */
    List<Example> examples(Lesson lesson, String rationale, Texts texts) {
        String label = (hasTeacherLabels() ? lesson.teacherLabel() : lesson.label()).strip();
        List<Example> examples = new ArrayList<>();
        String completion = this == SINGLE_TASK ? join(rationale, texts.connective(), label) : label;
        examples.add(example(lesson, ANSWER, prompt(lesson, texts), completion));
        if (hasRationales()) {
            examples.add(example(lesson, RATIONALE, texts.rationale() + lesson.input(), rationale.strip()));
        }
        return examples;
    }

    private static String join(String rationale, String connective, String label) {
        return (rationale.strip() + " " + connective).strip() + " " + label;
    }

    private static Example example(Lesson lesson, String kind, String prompt, String completion) {
        String id = lesson.id() + "#" + kind;
        return new Example(id, prompt, " " + completion, kind, 1.0, List.of(lesson.id()), Map.of());
    }
}
