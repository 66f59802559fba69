package dev.retort.cli;

import dev.retort.batch.ExampleEncoder;
import dev.retort.batch.TokenBatch;
import dev.retort.batch.TokenExample;
import dev.retort.batch.TokenTree;
import dev.retort.batch.Tokenizer;
import dev.retort.data.Example;
import dev.retort.model.LoadedModel;
import dev.retort.model.Seq2SeqLm;
import dev.retort.train.Distillation;
import dev.retort.train.SupervisedStep;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Whether a training would learn what it is meant to: its examples here, its teacher and its terms in classes of their own. */
final class ConfigCheck {

    private static final int SHOWN = 60;

    private final TrainConfig config;
    private final LoadedModel student;
    private final Distillation teacher;
    private final List<Finding> findings = new ArrayList<>();

    private ConfigCheck(TrainConfig config, LoadedModel student, Distillation teacher) {
        this.config = config;
        this.student = student;
        this.teacher = teacher;
    }

    /**
     * Encodes every example, and takes one gradient of each term.
     *
     * @param teacher null where there is none
     */
    static List<Finding> run(TrainConfig config, LoadedModel student, Distillation teacher) throws IOException {
        ConfigCheck check = new ConfigCheck(config, student, teacher);
        check.check();
        return check.findings;
    }

    private void check() throws IOException {
        try {
            student.model().setPrecision(config.settings().precision());
        } catch (IllegalArgumentException e) {
            findings.add(Finding.fail("bf16", e.getMessage()));
        }
        List<Example> examples = TrainData.read(config, student.requireTokenizer());
        List<TokenExample> encoded = encoded(examples);
        long empty = examples.stream()
                .filter(example -> example.completion().isBlank())
                .count();
        add(empty == 0, "empty completions", empty + " of " + examples.size());
        long unlabelled =
                encoded.stream().filter(example -> labelled(example) == 0).count();
        add(
                unlabelled == 0,
                "examples without loss",
                unlabelled + " of " + examples.size()
                        + (unlabelled == 0 ? "" : ": their completion is cut off or empty"));
        TermCheck terms = new TermCheck(config, student, teacher, encoded, this::labelled);
        masks(terms.batch());
        if (teacher != null) {
            findings.addAll(TeacherCheck.run(config, student, teacher, terms.batch()));
        }
        findings.addAll(terms.run());
    }

    private List<TokenExample> encoded(List<Example> examples) throws IOException {
        ExampleEncoder encoder = TrainData.encoder(config, student, teacher);
        List<TokenExample> encoded = new ArrayList<>();
        List<String> shown = new ArrayList<>();
        List<String> changed = new ArrayList<>();
        for (Example example : examples) {
            int before = encoder.truncated();
            TokenExample tokens = encoder.encode(example);
            encoded.add(tokens);
            if (encoder.truncated() == before) {
                String labels = labelText(tokens);
                boolean isSame = labels.strip().equals(example.completion().strip());
                (isSame ? shown : changed)
                        .add(Visible.text(example.id()) + ": '" + shown(example.completion()) + "' | '" + shown(labels)
                                + "'");
            }
        }
        int cut = examples.size() - shown.size() - changed.size();
        int aligned = examples.size() - encoder.misaligned();
        add(
                encoder.misaligned() == 0,
                "alignment",
                aligned + " of " + examples.size()
                        + " prompts keep their tokens when the completion follows"
                        + (encoder.misaligned() == 0 ? "" : "; start completions with a blank or newline"));
        add(
                cut == 0,
                "truncated",
                cut + " of " + examples.size() + " examples"
                        + (cut == 0 ? "" : " are longer than max_length; raise it or shorten them"));
        if (!changed.isEmpty() || !shown.isEmpty()) {
            add(
                    changed.isEmpty(),
                    "label text",
                    shown.size() + " of " + (examples.size() - cut) + " completions come back from their labels; "
                            + (changed.isEmpty() ? shown : changed).get(0));
        }
        return encoded;
    }

    private void add(boolean good, String name, String detail) {
        findings.add(good ? Finding.ok(name, detail) : Finding.warn(name, detail));
    }

    private String labelText(TokenExample example) throws IOException {
        Tokenizer tokenizer = student.requireTokenizer();
        return tokenizer.decode(Arrays.stream(example.labels())
                .filter(label -> label != TokenExample.IGNORED)
                .toArray());
    }

    private static String shown(String text) {
        return Visible.text(text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "...");
    }

    /** Tokens that carry loss: a decoder-only sequence's first has no position before it that could predict it. */
    private int labelled(TokenExample example) {
        boolean first = !(student.model() instanceof Seq2SeqLm)
                && example.labels().length > 0
                && example.labels()[0] != TokenExample.IGNORED;
        return example.labelled() - (first ? 1 : 0);
    }

    private void masks(List<TokenExample> examples) {
        long labelled = 0;
        long ignored = 0;
        long padding = 0;
        for (List<TokenExample> rows :
                SupervisedStep.microBatches(examples, config.settings().perDeviceTrainBatchSize())) {
            try (TokenBatch batch = new TokenBatch(
                    rows,
                    student.model() instanceof Seq2SeqLm,
                    student.model().weights().manager())) {
                labelled += batch.labelCount();
                ignored += batch.tokens() - batch.labelCount();
                padding += (long) batch.rows() * batch.width()
                        - rows.stream().mapToLong(TokenExample::length).sum();
            }
        }
        findings.add(Finding.ok(
                "mask",
                labelled + " labelled, " + ignored + " ignored, " + padding + " padding in a batch of "
                        + examples.size() + " examples"));
        if (student.model().isPacked()) {
            findings.add(read(examples, labelled + ignored));
        }
    }

    private Finding read(List<TokenExample> examples, long tokens) {
        List<List<TokenExample>> batches = SupervisedStep.microBatches(
                student.model(), examples, config.settings().perDeviceTrainBatchSize());
        long read =
                batches.stream().mapToLong(rows -> TokenTree.of(rows).size()).sum();
        return Finding.ok(
                "read",
                read + " of " + tokens + " tokens, in " + batches.size() + (batches.size() == 1 ? " pass" : " passes")
                        + ": no padding, nothing behind the last label's predecessor, and what rows of a pass begin with"
                        + " alike once");
    }
}
