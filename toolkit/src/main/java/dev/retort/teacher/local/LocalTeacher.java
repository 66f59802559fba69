package dev.retort.teacher.local;

import ai.djl.Device;
import ai.djl.engine.Engine;
import dev.retort.batch.Tokenizer;
import dev.retort.data.Message;
import dev.retort.data.Precision;
import dev.retort.data.Question;
import dev.retort.data.Rows;
import dev.retort.data.SamplingParams;
import dev.retort.data.SeededRandom;
import dev.retort.data.TeacherSample;
import dev.retort.data.TokenUsage;
import dev.retort.model.Generated;
import dev.retort.model.GenerationOptions;
import dev.retort.model.Generator;
import dev.retort.model.LoadedModel;
import dev.retort.model.ModelHub;
import dev.retort.model.Models;
import dev.retort.model.Seq2SeqLm;
import dev.retort.prompt.ChatTemplateException;
import dev.retort.teacher.Teacher;
import dev.retort.teacher.TeacherException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;

/**
 * A model of this machine. A question goes through the tokenizer's chat template; where there is none, the last message's
 * text is continued as it stands. Without a temperature decoding is greedy, without a token limit it ends after 256 tokens,
 * without a seed the seed is 0.
 *
 * <p>A sample depends on the messages, the parameters and the sample index only: a row asked for by itself is decoded by
 * itself. Rows asked for together are decoded together, several times as fast; they draw the same random numbers, but round
 * otherwise, so that once in a great while a token differs. One batch is decoded at a time, other callers wait; the cores share
 * its rows.
 */
public final class LocalTeacher implements Teacher {

    private static final String HUB = "hf:";
    private static final int ROWS_TOGETHER = 64;
    private static final Set<String> SMALL_FILES = Set.of(
            "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja");

    private final String name;
    private final LoadedModel loaded;
    private final Tokenizer tokenizer;
    private final Generator generator;
    private final ReentrantLock lock = new ReentrantLock();
    private boolean closed;

    /**
     * Asks a model in memory, which is closed with the teacher.
     *
     * @param name says which model, and which state of it; {@link #name()} puts "local:" before it
     * @throws IOException where the model has no tokenizer
     */
    public LocalTeacher(String name, LoadedModel loaded) throws IOException {
        this.name = "local:" + name;
        this.loaded = loaded;
        tokenizer = loaded.requireTokenizer();
        generator = new Generator(loaded.model(), tokenizer)
                .withStop(() -> Thread.currentThread().isInterrupted());
    }

    /**
     * Loads a model in float32, to a GPU where there is one.
     *
     * @param model a Hugging Face folder, a GGUF file or {@code hf:org/name@revision}
     * @throws IOException where it cannot be fetched or read or has no tokenizer, with one line that says why
     */
    public static LocalTeacher open(String model) throws IOException {
        return open(model, Precision.FLOAT32);
    }

    /**
     * As {@link #open(String)}, with matrix products in these numbers. Samples differ with them, and so does {@link #name()}.
     *
     * @throws IOException also where the model cannot do it
     */
    public static LocalTeacher open(String model, Precision precision) throws IOException {
        Device device = Engine.getEngine("PyTorch").getGpuCount() > 0 ? Device.gpu() : Device.cpu();
        Path path = path(model);
        LoadedModel loaded = Models.load(path, device, precision);
        try {
            String called = model.startsWith(HUB)
                    ? model
                    : String.valueOf(path.toAbsolutePath().normalize().getFileName());
            String dtype = precision == Precision.FLOAT32 ? "" : "+" + precision.title();
            return new LocalTeacher(called + "@" + hash(path).substring(0, 12) + dtype, loaded);
        } catch (IOException | RuntimeException e) {
            loaded.close();
            throw e;
        }
    }

    private static Path path(String model) throws IOException {
        if (!model.startsWith(HUB)) {
            return Path.of(model);
        }
        try {
            return ModelHub.fromEnvironment().fetch(model);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while fetching " + model, e);
        }
    }

    /**
     * The name it was opened by, the beginning of the SHA-256 of all its files that are read, weights included, and
     * "+bfloat16" or "+int8" where its products are such.
     */
    @Override
    public String name() {
        return name;
    }

    /**
     * All the samples.
     *
     * @throws TeacherException where the chat template refuses the messages, or they leave no room for an answer
     */
    @Override
    public List<TeacherSample> sample(Question question, SamplingParams params, List<Integer> sampleIndices)
            throws TeacherException, InterruptedException {
        int[] prompt;
        List<Generated> rows = new ArrayList<>();
        lock.lockInterruptibly();
        try {
            if (closed) {
                throw new IllegalStateException(name + " is closed");
            }
            prompt = prompt(question);
            for (int index : sampleIndices) {
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
                // Greedy rows are all the same.
                rows.add(isGreedy(params) && !rows.isEmpty() ? rows.get(0) : row(prompt, question, params, index));
            }
        } finally {
            lock.unlock();
        }
        long completionTokens = rows.stream().mapToLong(row -> row.ids().length).sum();
        TokenUsage usage = new TokenUsage(prompt.length, completionTokens, rows.size());
        List<TeacherSample> samples = new ArrayList<>();
        for (int i = 0; i < rows.size(); i++) {
            samples.add(sample(new Ask(question, params, sampleIndices.get(i)), rows.get(i), usage));
        }
        return samples;
    }

    private TeacherSample sample(Ask ask, Generated row, TokenUsage usage) {
        Question question = ask.question();
        return new TeacherSample(
                question.id(),
                question.task(),
                question.messages(),
                ask.sampleIndex(),
                row.text(),
                null,
                null,
                row.finishReason(),
                name,
                ask.params(),
                usage,
                Map.of());
    }

    @Override
    public int company() {
        return ROWS_TOGETHER;
    }

    /** Decodes all of them in batches; those with other parameters apart. */
    @Override
    public List<Reply> sampleAll(List<Ask> asks) throws InterruptedException {
        Reply[] replies = new Reply[asks.size()];
        lock.lockInterruptibly();
        try {
            if (closed) {
                throw new IllegalStateException(name + " is closed");
            }
            Map<SamplingParams, List<Integer>> alike = new LinkedHashMap<>();
            int[][] prompts = new int[asks.size()][];
            for (int i = 0; i < replies.length; i++) {
                try {
                    prompts[i] = prompt(asks.get(i).question());
                    alike.computeIfAbsent(asks.get(i).params(), params -> new ArrayList<>())
                            .add(i);
                } catch (TeacherException e) {
                    replies[i] = new Reply(null, e);
                }
            }
            for (Map.Entry<SamplingParams, List<Integer>> group : alike.entrySet()) {
                List<Integer> members = group.getValue();
                for (int from = 0; from < members.size(); from += ROWS_TOGETHER) {
                    if (Thread.interrupted()) {
                        throw new InterruptedException();
                    }
                    List<Integer> chosen = members.subList(from, Math.min(from + ROWS_TOGETHER, members.size()));
                    long[] seeds = chosen.stream()
                            .mapToLong(i -> seed(
                                    asks.get(i).question(),
                                    group.getKey(),
                                    asks.get(i).sampleIndex()))
                            .toArray();
                    List<Generated> rows = generated(
                            chosen.stream().map(i -> prompts[i]).toList(),
                            seeds,
                            new GenerationOptions(group.getKey(), loaded.eosIds(), 1, ROWS_TOGETHER));
                    for (int i = 0; i < rows.size(); i++) {
                        int at = chosen.get(i);
                        TokenUsage usage =
                                new TokenUsage(prompts[at].length, rows.get(i).ids().length, 1);
                        replies[at] = new Reply(sample(asks.get(at), rows.get(i), usage), null);
                    }
                }
            }
        } finally {
            lock.unlock();
        }
        return List.of(replies);
    }

    private static boolean isGreedy(SamplingParams params) {
        return params.temperature() == null || params.temperature() == 0;
    }

    private Generated row(int[] prompt, Question question, SamplingParams params, int index)
            throws InterruptedException {
        long[] seeds = {seed(question, params, index)};
        return generated(List.of(prompt), seeds, GenerationOptions.of(params, loaded.eosIds()))
                .get(0);
    }

    /** An interruption is heard between two tokens. */
    private List<Generated> generated(List<int[]> prompts, long[] seeds, GenerationOptions options)
            throws InterruptedException {
        try {
            return generator.generate(prompts, seeds, options);
        } catch (CancellationException e) {
            Thread.interrupted();
            throw (InterruptedException) new InterruptedException("the answers were given up").initCause(e);
        }
    }

    /** Of the messages, not of the question's id: two that ask the same are answered the same. */
    private static long seed(Question question, SamplingParams params, int index) {
        long seed = params.seed() == null ? 0 : params.seed();
        return SeededRandom.seedOf(
                seed, "local-teacher", Rows.canonical(Rows.mapper().valueToTree(question.messages())), index);
    }

    private int[] prompt(Question question) throws TeacherException {
        int[] ids = encoded(question);
        String problem = "question " + question.id() + " of " + ids.length + " tokens ";
        int vocabulary = loaded.model().config().vocabularySize();
        for (int id : ids) {
            if (id >= vocabulary) {
                throw new TeacherException(name + ": the tokenizer gives id " + id + ", but the model's vocab_size is "
                        + vocabulary + "; use the tokenizer that belongs to the weights");
            }
        }
        if (ids.length == 0) {
            throw new TeacherException(name + ": " + problem + "says nothing that can be continued");
        }
        int most = loaded.model().config().maxPositions();
        if (!(loaded.model() instanceof Seq2SeqLm) && ids.length >= most) {
            throw new TeacherException(
                    name + ": " + problem + "leaves no room for an answer: the model takes " + most + " in all");
        }
        return ids;
    }

    private int[] encoded(Question question) throws TeacherException {
        if (!tokenizer.hasChatTemplate()) {
            List<Message> messages = question.messages();
            return tokenizer.encodePrompt(
                    messages.get(messages.size() - 1).content(), loaded.model() instanceof Seq2SeqLm);
        }
        try {
            // A chat template writes the special tokens itself.
            return tokenizer.encodePlain(tokenizer.chat(question.messages(), true));
        } catch (ChatTemplateException e) {
            throw new TeacherException(name + ": question " + question.id() + ": " + e.getMessage(), false, null, e);
        }
    }

    private static String hash(Path path) throws IOException {
        List<Path> files = List.of(path);
        if (Files.isDirectory(path)) {
            try (Stream<Path> all = Files.list(path)) {
                files = all.filter(Files::isRegularFile)
                        .filter(file -> SMALL_FILES.contains(nameOf(file))
                                || nameOf(file).endsWith(".safetensors"))
                        .sorted()
                        .toList();
            }
        }
        try (DigestOutputStream out =
                new DigestOutputStream(OutputStream.nullOutputStream(), MessageDigest.getInstance("SHA-256"))) {
            for (Path file : files) {
                String head = nameOf(file) + "\n" + Files.size(file) + "\n";
                out.write(head.getBytes(StandardCharsets.UTF_8));
                try (InputStream in = Files.newInputStream(file)) {
                    in.transferTo(out);
                }
            }
            return HexFormat.of().formatHex(out.getMessageDigest().digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private static String nameOf(Path file) {
        return file.getFileName().toString();
    }

    /** Frees the model, after the question in hand. */
    @Override
    public void close() {
        lock.lock();
        try {
            if (!closed) {
                closed = true;
                loaded.close();
            }
        } finally {
            lock.unlock();
        }
    }
}
