package dev.retort.model;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.retort.batch.Tokenizer;
import dev.retort.data.Precision;
import dev.retort.data.SeededRandom;
import dev.retort.op.Lanes;
import dev.retort.op.Ops;
import java.nio.IntBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * Continues prompts in batches with a cache of keys and values. Finished rows leave the batch; rows of one prompt share its
 * reading, and so do prompts what they all begin with; every row draws from its own seed, so that a row's text does not depend on its neighbours.
 */
public final class Generator {

    /** Rows of a lane, at least; measured with SmolLM2 on two cores, where 8 rows of 32 bits take a third longer so. */
    private static final int LEAST_ROWS = 32;

    private static final int LEAST_INT8_ROWS = 8;

    private static final String GIVEN_UP = "the answers were given up";

    private final LanguageModel model;
    private final Tokenizer tokenizer;
    private final BooleanSupplier stop;
    private final int mostLanes; // 0 for as many as pay

    /**
     * @param tokenizer needed for text and stop texts; may be null, then texts are empty
     */
    public Generator(LanguageModel model, Tokenizer tokenizer) {
        this(model, tokenizer, () -> false, 0);
    }

    private Generator(LanguageModel model, Tokenizer tokenizer, BooleanSupplier stop, int mostLanes) {
        this.model = model;
        this.tokenizer = tokenizer;
        this.stop = stop;
        this.mostLanes = mostLanes;
    }

    /**
     * The same, given up between two tokens where it is asked to.
     *
     * @param newStop polled on the calling thread, between two tokens or some times a second; once it is true {@code generate} ends
     *     with a {@link CancellationException}
     */
    public Generator withStop(BooleanSupplier newStop) {
        return new Generator(model, tokenizer, newStop, mostLanes);
    }

    /** The same, with so many threads that share a batch's rows. */
    Generator withLanes(int lanes) {
        return new Generator(model, tokenizer, stop, lanes);
    }

    /** Continues each prompt, giving prompt by prompt and sample by sample. */
    public List<Generated> generate(List<int[]> prompts, GenerationOptions options) {
        return generate(prompts, options, done -> {});
    }

    /**
     * Continues each prompt.
     *
     * @param progress told how many rows have ended, at most once a step
     * @return prompt by prompt and sample by sample
     */
    public List<Generated> generate(List<int[]> prompts, GenerationOptions options, Consumer<Integer> progress) {
        return generate(prompts, null, options, progress);
    }

    /**
     * Continues each prompt with draws of its own: as if it were the only prompt, but for rounding.
     *
     * @param seeds of the prompts, instead of the sampling's one
     */
    public List<Generated> generate(List<int[]> prompts, long[] seeds, GenerationOptions options) {
        return generate(prompts, seeds, options, done -> {});
    }

    private List<Generated> generate(
            List<int[]> prompts, long[] seeds, GenerationOptions options, Consumer<Integer> progress) {
        if (tokenizer == null && !options.sampling().stop().isEmpty()) {
            throw new IllegalArgumentException("stop texts need a tokenizer");
        }
        // Prompts of like length go together, so that little of a batch is padding.
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < prompts.size(); i++) {
            order.add(i);
        }
        order.sort(Comparator.comparingInt(i -> prompts.get(i).length));
        Generated[] results = new Generated[prompts.size() * options.samples()];
        int promptsPerBatch = Math.max(1, options.batchRows() / options.samples());
        int done = 0;
        for (int from = 0; from < order.size(); from += promptsPerBatch) {
            List<Integer> chosen = new ArrayList<>(order.subList(from, Math.min(from + promptsPerBatch, order.size())));
            // Those that begin alike are neighbours: a model may read what they share once.
            chosen.sort(Comparator.comparing(prompts::get, Arrays::compare));
            for (Generated generated : batch(prompts, seeds, chosen, options, done, progress)) {
                results[generated.prompt() * options.samples() + generated.sample()] = generated;
            }
            done += chosen.size() * options.samples();
        }
        return List.of(results);
    }

    /** A row while it is being continued. */
    private static final class Row {
        private final int prompt;
        private final int sample;
        private final int limit;
        private final SplittableRandom random;
        private int[] ids = new int[16];
        private int size;
        private String text;

        Row(int prompt, int sample, int limit, SplittableRandom random) {
            this.prompt = prompt;
            this.sample = sample;
            this.limit = limit;
            this.random = random;
        }

        void add(int id) {
            if (size == ids.length) {
                ids = Arrays.copyOf(ids, size * 2);
            }
            ids[size++] = id;
        }

        int[] ids() {
            return Arrays.copyOf(ids, size);
        }
    }

    private List<Generated> batch(
            List<int[]> prompts,
            long[] seeds,
            List<Integer> chosen,
            GenerationOptions options,
            int doneBefore,
            Consumer<Integer> progress) {
        List<Generated> finished = new ArrayList<>();
        try (NDManager manager = model.weights().manager().newSubManager()) {
            // What is asked more than once is read once.
            Map<IntBuffer, Integer> places = new LinkedHashMap<>();
            List<int[]> inputs = new ArrayList<>();
            List<Row> rows = new ArrayList<>();
            int[] repeat = new int[chosen.size() * options.samples()];
            for (int i = 0; i < chosen.size(); i++) {
                int[] prompt = prompts.get(chosen.get(i));
                int place = places.computeIfAbsent(IntBuffer.wrap(prompt), key -> places.size());
                if (place == inputs.size()) {
                    inputs.add(prompt);
                }
                int room = model instanceof Seq2SeqLm
                        ? Integer.MAX_VALUE
                        : model.config().maxPositions() - prompt.length;
                int limit = Math.min(options.maxTokens(), room);
                for (int sample = 0; sample < options.samples(); sample++) {
                    repeat[rows.size()] = place;
                    SplittableRandom random = random(options, seeds, chosen.get(i), sample);
                    rows.add(new Row(chosen.get(i), sample, limit, random));
                }
            }
            DecodeState state = model.start(inputs, manager);
            if (inputs.size() < rows.size()) {
                state.selectRows(repeat);
            }
            int lanes = lanes(rows.size());
            if (lanes == 1) {
                proceed(state, rows, options, true, stop, ended -> {
                    finished.addAll(ended);
                    progress.accept(doneBefore + finished.size());
                });
            } else {
                proceedSideBySide(lanes, state, rows, options, finished, done -> progress.accept(doneBefore + done));
            }
        }
        return finished;
    }

    /**
     * How many threads share the rows. What a lane gains, for its operations need not wait for one another, it loses where the
     * weights, which every lane reads, are large beside its rows.
     */
    private int lanes(int rows) {
        if (mostLanes > 0) {
            return Math.min(mostLanes, rows);
        }
        boolean isInt8 = model.precision() == Precision.INT8;
        if (!model.weights().manager().getDevice().equals(Device.cpu())
                // Or its integers would be made anew by each.
                || (isInt8 && model.head().hasGradient())) {
            return 1;
        }
        return Math.max(1, Math.min(Lanes.most(), rows / (isInt8 ? LEAST_INT8_ROWS : LEAST_ROWS)));
    }

    /** Each lane continues some of the rows: a token takes many small operations, too small to be shared by cores well. */
    private void proceedSideBySide(
            int lanes,
            DecodeState state,
            List<Row> rows,
            GenerationOptions options,
            List<Generated> finished,
            Consumer<Integer> progress) {
        if (stop.getAsBoolean()) {
            throw new CancellationException(GIVEN_UP);
        }
        AtomicBoolean isStopped = new AtomicBoolean();
        List<Runnable> parts = new ArrayList<>();
        for (int lane = 0; lane < lanes; lane++) {
            int first = lane;
            // Neighbours are of like length: every lane gets short prompts and long ones.
            int[] chosen = IntStream.range(0, rows.size())
                    .filter(i -> i % lanes == first)
                    .toArray();
            NDManager ofLane = state.manager().newSubManager();
            DecodeState part = state.part(chosen, ofLane);
            List<Row> ofPart = Arrays.stream(chosen).mapToObj(rows::get).toList();
            parts.add(() -> {
                try (ofLane) {
                    proceed(part, ofPart, options, false, isStopped::get, ended -> {
                        synchronized (finished) {
                            finished.addAll(ended);
                        }
                    });
                }
            });
        }
        state.closeCaches();
        int[] told = {0};
        Lanes.run(parts, () -> {
            if (stop.getAsBoolean()) {
                isStopped.set(true);
            }
            int done;
            synchronized (finished) {
                done = finished.size();
            }
            if (done > told[0]) {
                told[0] = done;
                progress.accept(done);
            }
        });
    }

    /**
     * Continues rows to their ends.
     *
     * @param isAlone whether no other lane needs the cores
     */
    private void proceed(
            DecodeState state,
            List<Row> given,
            GenerationOptions options,
            boolean isAlone,
            BooleanSupplier isStopped,
            Consumer<List<Generated>> out) {
        List<Row> rows = given;
        while (!rows.isEmpty()) {
            if (isStopped.getAsBoolean()) {
                throw new CancellationException(GIVEN_UP);
            }
            int[] tokens = next(state, rows, options, isAlone);
            List<Integer> staying = new ArrayList<>();
            List<Generated> ended = new ArrayList<>();
            for (int i = 0; i < rows.size(); i++) {
                Row row = rows.get(i);
                String reason = append(row, tokens[i], options);
                if (reason == null) {
                    staying.add(i);
                } else {
                    String text = row.text != null ? row.text : text(row, options);
                    ended.add(new Generated(row.prompt, row.sample, row.ids(), text, reason));
                }
            }
            if (!ended.isEmpty()) {
                out.accept(ended);
                if (staying.isEmpty()) {
                    break;
                }
                int[] order = state.keepRows(
                        staying.stream().mapToInt(Integer::intValue).toArray());
                int[] all = tokens;
                tokens = Arrays.stream(order).map(i -> all[i]).toArray();
                rows = Arrays.stream(order).mapToObj(rows::get).toList();
            }
            model.advance(state, tokens);
        }
    }

    private static SplittableRandom random(GenerationOptions options, long[] seeds, int prompt, int sample) {
        if (seeds != null) {
            return SeededRandom.of(seeds[prompt], "generate", 0, sample);
        }
        long seed = options.sampling().seed() == null ? 0 : options.sampling().seed();
        return SeededRandom.of(seed, "generate", prompt, sample);
    }

    private int[] next(DecodeState state, List<Row> rows, GenerationOptions options, boolean isAlone) {
        try (NDManager scratch = state.manager().newSubManager()) {
            NDArray hidden = state.hidden();
            NDArray logits = model.logits(hidden); // [B, V]
            logits.attach(scratch);
            int[] tokens = new int[rows.size()];
            if (options.greedy()) {
                NDArray best = Ops.argmax(logits);
                best.attach(scratch);
                long[] ids = best.toLongArray();
                for (int i = 0; i < tokens.length; i++) {
                    tokens[i] = Math.toIntExact(ids[i]);
                }
                return tokens;
            }
            int vocabulary = Math.toIntExact(logits.getShape().get(1));
            NDArray probabilities = Ops.softmax(logits, options.sampling().temperature());
            probabilities.attach(scratch);
            float[] values = probabilities.toFloatArray();
            IntStream all = IntStream.range(0, tokens.length);
            (isAlone ? all.parallel() : all)
                    .forEach(i -> tokens[i] = TokenSampler.sample(
                            values, i * vocabulary, vocabulary, options.sampling(), rows.get(i).random));
            return tokens;
        }
    }

    /** Appends a token; the reason why the row ends, or null while it goes on. */
    private String append(Row row, int token, GenerationOptions options) {
        row.add(token);
        if (options.eosIds().contains(token)) {
            return "stop";
        }
        if (!options.sampling().stop().isEmpty()) {
            String whole = tokenizer.decode(row.ids());
            int cut = firstStop(whole, options.sampling().stop());
            if (cut >= 0) {
                row.text = whole.substring(0, cut);
                return "stop";
            }
        }
        return row.size >= row.limit ? "length" : null;
    }

    private String text(Row row, GenerationOptions options) {
        if (tokenizer == null) {
            return "";
        }
        boolean ended = row.size > 0 && options.eosIds().contains(row.ids[row.size - 1]);
        return tokenizer.decode(Arrays.copyOf(row.ids, ended ? row.size - 1 : row.size));
    }

    private static int firstStop(String text, List<String> stops) {
        int first = -1;
        for (String stop : stops) {
            int at = text.indexOf(stop);
            if (at >= 0 && (first < 0 || at < first)) {
                first = at;
            }
        }
        return first;
    }
}
