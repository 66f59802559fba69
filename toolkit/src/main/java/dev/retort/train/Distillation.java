package dev.retort.train;

import ai.djl.Device;
import dev.retort.batch.TokenExample;
import dev.retort.batch.Tokenizer;
import dev.retort.model.CausalLm;
import dev.retort.model.LoadedModel;
import dev.retort.model.Models;
import dev.retort.run.Interrupt;
import dev.retort.run.Progress;
import dev.retort.signal.ModelHash;
import dev.retort.signal.RemoteScorer;
import dev.retort.signal.RemoteSignals;
import dev.retort.signal.SignalStore;
import dev.retort.signal.Vocabularies;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.util.List;

/** A teacher beside a student, or behind a server, as {@link DistillationSettings} say. Owns the teacher. */
public final class Distillation implements AutoCloseable {

    /** The folder of the teacher's signals within a run folder. */
    public static final String SIGNALS = "signals";

    /** Texts of which a server is asked the ids. */
    private static final int PROBES = 8;

    private final LoadedModel student;
    private final DistillationSettings settings;
    /** Null where the teacher is behind a server. */
    private final LoadedModel teacher;

    private final Remote remote;
    private final int vocabulary;
    private final List<LayerPair> pairs;
    private SignalStore store;

    private Distillation(LoadedModel student, LoadedModel teacher, DistillationSettings settings) throws IOException {
        this.student = student;
        this.teacher = teacher;
        this.settings = settings;
        remote = null;
        vocabulary = common();
        pairs = settings.hiddenStatesWeight() == null
                ? List.of()
                : settings.layers(((CausalLm) student.model()).layers(), ((CausalLm) teacher.model()).layers());
    }

    /**
     * A teacher behind a server.
     *
     * @param scorer asks it
     * @param revision tells apart what the server has stood for: signals are stored under it
     * @param concurrency most requests at a time
     */
    public record Remote(RemoteScorer scorer, String revision, int concurrency) {}

    private Distillation(LoadedModel student, Remote remote, DistillationSettings settings) {
        this.student = student;
        this.teacher = null;
        this.settings = settings;
        this.remote = remote;
        vocabulary = size(student);
        pairs = List.of();
    }

    /**
     * A teacher behind a server that scores given tokens: its k most probable tokens at every label are written down before the
     * training. Whether its ids are the student's is asked when the examples are known.
     *
     * @throws IllegalArgumentException where the settings need more of a teacher than that
     */
    public static Distillation remote(LoadedModel student, Remote remote, DistillationSettings settings) {
        require(student.model() instanceof CausalLm, "a teacher behind a server scores for a decoder-only student");
        require(
                settings.teacherTopK() != null,
                "a teacher behind a server is known by its most probable tokens: give teacher_top_k, 20 for instance");
        require(
                settings.temperature() == 1,
                "a server tells log-probabilities at temperature 1, and what lies outside the top k is not known at "
                        + settings.temperature());
        return new Distillation(student, remote, settings);
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

    /** Null where it is behind a server. */
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
        int ofStudent = student.model().config().maxPositions();
        return teacher == null
                ? ofStudent
                : Math.min(ofStudent, teacher.model().config().maxPositions());
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
     * @throws IOException where a server's teacher has other ids or does not answer
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
        String revision = teacher == null ? remote.revision() : ModelHash.model(teacher.source());
        training.withTeacherRevision(revision);
        if (settings.teacherTopK() == null) {
            training.withTeacher(whole(), settings.loss()).withHiddenStates(pairs, teacherWidth());
            return true;
        }
        store = SignalStore.open(folder.resolve(SIGNALS));
        StoredTeacher stored = new StoredTeacher(
                store,
                revision,
                ModelHash.tokenizer(student.source()),
                settings.teacherTopK(),
                settings.temperature(),
                settings.teacherOutside());
        try (Progress progress = Progress.onStandardError(SIGNALS, 0, examples.size(), quiet, List.of())) {
            boolean isWhole = teacher == null
                    ? scored(stored, examples, progress, interrupt)
                    : stored.write(topK(settings.teacherTopK()), examples, progress, interrupt);
            if (!isWhole) {
                return false;
            }
        }
        if (teacher != null) {
            teacher.close();
        }
        training.withTeacher(stored, settings.loss());
        return true;
    }

    private boolean scored(StoredTeacher stored, List<TokenExample> examples, Progress progress, Interrupt interrupt)
            throws IOException {
        Tokenizer tokenizer = student.requireTokenizer();
        List<String> texts = examples.stream()
                .limit(PROBES)
                .map(example -> tokenizer.decode(example.input()))
                .toList();
        try {
            RemoteSignals.requireSameTokens(remote.scorer(), vocabulary, tokenizer, texts);
            return stored.write(remote.scorer(), examples, vocabulary, remote.concurrency(), progress, interrupt);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw (InterruptedIOException)
                    new InterruptedIOException("interrupted while the teacher's server scored").initCause(e);
        }
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
        if (teacher != null) {
            teacher.close();
        }
        if (store != null) {
            store.close();
        }
    }
}
