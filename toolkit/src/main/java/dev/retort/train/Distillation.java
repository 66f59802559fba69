package dev.retort.train;

import ai.djl.Device;
import dev.retort.batch.TokenExample;
import dev.retort.model.CausalLm;
import dev.retort.model.LoadedModel;
import dev.retort.model.Models;
import dev.retort.run.Interrupt;
import dev.retort.run.Progress;
import dev.retort.signal.ModelHash;
import dev.retort.signal.SignalStore;
import dev.retort.signal.Vocabularies;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** A teacher beside a student, as {@link DistillationSettings} say. Owns the teacher. */
public final class Distillation implements AutoCloseable {

    /** The folder of the teacher's signals within a run folder. */
    public static final String SIGNALS = "signals";

    private final LoadedModel student;
    private final DistillationSettings settings;
    private final LoadedModel teacher;
    private final int vocabulary;
    private final List<LayerPair> pairs;
    private SignalStore store;

    private Distillation(LoadedModel student, LoadedModel teacher, DistillationSettings settings) throws IOException {
        this.student = student;
        this.teacher = teacher;
        this.settings = settings;
        vocabulary = common();
        pairs = settings.hiddenStatesWeight() == null
                ? List.of()
                : settings.layers(((CausalLm) student.model()).layers(), ((CausalLm) teacher.model()).layers());
    }

    /**
     * Loads a teacher for a student.
     *
     * @param teacher a Hugging Face folder or a GGUF file
     * @throws IOException where it cannot be loaded or their probabilities cannot be compared, naming both vocabularies' sizes
     */
    public static Distillation open(LoadedModel student, Path teacher, Device device, DistillationSettings settings)
            throws IOException {
        LoadedModel loaded = Models.load(teacher, device);
        try {
            return new Distillation(student, loaded, settings);
        } catch (IllegalArgumentException e) {
            loaded.close();
            throw new IOException(teacher + ": " + e.getMessage(), e);
        } catch (IOException | RuntimeException e) {
            loaded.close();
            throw e;
        }
    }

    private int common() throws IOException {
        boolean isCausal = student.model() instanceof CausalLm;
        require(
                isCausal == teacher.model() instanceof CausalLm,
                "teacher and student must both be decoder-only or both encoder-decoders");
        require(
                isCausal
                        || (settings.lmbda() == 0
                                && settings.teacherTopK() == null
                                && settings.hiddenStatesWeight() == null),
                "lmbda, teacher_top_k and hidden_states_weight need decoder-only models");
        int ofTeacher = size(teacher);
        int ofStudent = size(student);
        int common = Vocabularies.common(
                ofTeacher, teacher.tokenizer(), ofStudent, student.tokenizer(), settings.trimVocabulary());
        require(
                common == ofStudent,
                "the teacher's vocabulary has " + ofTeacher + " ids and the student's " + ofStudent
                        + ": only the teacher's can be trimmed");
        require(
                settings.teacherTopK() == null || settings.teacherTopK() <= common,
                "teacher_top_k is " + settings.teacherTopK() + ", and the vocabulary has " + common + " ids");
        return common;
    }

    private static int size(LoadedModel loaded) {
        return Math.toIntExact(loaded.model().head().getShape().get(0));
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException(message);
        }
    }

    public LoadedModel teacher() {
        return teacher;
    }

    public DistillationSettings settings() {
        return settings;
    }

    /** Ids that teacher and student have in common. */
    public int vocabulary() {
        return vocabulary;
    }

    /** The longest sequence that both read, in tokens. */
    public int maxPositions() {
        return Math.min(
                student.model().config().maxPositions(),
                teacher.model().config().maxPositions());
    }

    /** The teacher beside the student: what is computed of it, and from which of its tokens, but nothing is written down. */
    public TeacherSource online() {
        return settings.teacherTopK() == null ? whole() : topK(settings.teacherTopK());
    }

    /** The teacher with all its tokens. */
    public TeacherSource whole() {
        return new OnlineTeacher(teacher.model(), vocabulary);
    }

    /** The decoder-only teacher with its k most probable tokens. */
    public TopKTeacher topK(int k) {
        return new TopKTeacher(
                (CausalLm) teacher.model(), vocabulary, k, settings.temperature(), settings.teacherOutside());
    }

    /**
     * Fresh projections for the matching of hidden states.
     *
     * @return to be closed; null where no hidden states are matched
     */
    public HiddenStateMatch hiddenStates(long seed) {
        return pairs.isEmpty() ? null : new HiddenStateMatch(pairs, student.model(), teacherWidth(), seed);
    }

    private int teacherWidth() {
        return teacher.model().config().hiddenSize();
    }

    /**
     * Makes a training learn from the teacher. With teacher_top_k its signals at the examples are brought to
     * FOLDER/signals first; those that are there are not made again, and the teacher is freed.
     *
     * @param training of the student
     * @param examples all that it learns from or is measured on
     * @param folder of the run
     * @param seed of the student's own completions
     * @return whether the training can start; false after an interruption
     * @throws IllegalArgumentException where a prompt leaves no room for a completion of the student's own
     */
    public boolean begin(
            SupervisedTraining training,
            List<TokenExample> examples,
            Path folder,
            long seed,
            boolean quiet,
            Interrupt interrupt)
            throws IOException {
        if (settings.lmbda() > 0) {
            requireRoom(examples);
            training.withOnPolicy(new OnPolicy(student, settings.lmbda(), settings.sampling(), seed));
        }
        if (settings.teacherTopK() == null) {
            training.withTeacher(whole(), settings.loss()).withHiddenStates(pairs, teacherWidth());
            return true;
        }
        store = SignalStore.open(folder.resolve(SIGNALS));
        StoredTeacher stored = new StoredTeacher(
                store,
                ModelHash.model(teacher.source()),
                ModelHash.tokenizer(student.source()),
                settings.teacherTopK(),
                settings.temperature(),
                settings.teacherOutside());
        try (Progress progress = Progress.onStandardError(SIGNALS, 0, examples.size(), quiet, List.of())) {
            if (!stored.write(topK(settings.teacherTopK()), examples, progress, interrupt)) {
                return false;
            }
        }
        teacher.close();
        training.withTeacher(stored, settings.loss());
        return true;
    }

    private void requireRoom(List<TokenExample> examples) {
        for (TokenExample example : examples) {
            long whole = (long) OnPolicy.prompt(example).length + settings.maxCompletionLength();
            require(
                    whole <= maxPositions(),
                    "example " + example.id() + ": its prompt and max_completion_length make " + whole
                            + " tokens, and the models read " + maxPositions() + "; lower max_completion_length");
        }
    }

    @Override
    public void close() throws IOException {
        teacher.close();
        if (store != null) {
            store.close();
        }
    }
}
