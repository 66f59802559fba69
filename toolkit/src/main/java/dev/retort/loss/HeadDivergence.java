package dev.retort.loss;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.retort.op.HeadOps;
import dev.retort.op.Lanes;
import java.lang.ref.Cleaner;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A {@link Divergence} between teacher and student from the student's hidden states and head, per token, in nats.
 *
 * <p>Value and gradient come in closed form over chunks of tokens, so that at most {@link #CHUNK_LOGITS} logits of the
 * student live at a time, and a fifth as many beside them. There is no factor of the temperature squared. The cross-entropy of
 * labels, at temperature 1, can be had in the same pass: SFT and distillation mixed cost no product more than distillation.
 *
 * <p>Equals TRL's generalized_jsd_loss (experimental GKD) and {@code ChunkedDivergenceFunction} where they have the divergence.
 */
public final class HeadDivergence {

    /** The student's logits that live at a time: 200 MB. Each chunk walks through both heads again, so few are fast. */
    public static final long CHUNK_LOGITS = 50 << 20;

    /** Tokens that go at a time, at least, where all cores share an operation. */
    private static final int SHARED = 2;

    private static final long LEAST_LANE_LOGITS = 1 << 20;

    private static final Cleaner CLEANER = Cleaner.create();

    private final Divergence divergence;
    private final double temperature;
    private final long chunkLogits;
    private final AtomicReference<Room> idle = new AtomicReference<>();

    /**
     * @param temperature positive; divides the logits of both
     */
    public HeadDivergence(Divergence divergence, double temperature) {
        this(divergence, temperature, CHUNK_LOGITS);
    }

    HeadDivergence(Divergence divergence, double temperature, long chunkLogits) {
        if (!(temperature > 0)) {
            throw new IllegalArgumentException("temperature must be positive, not " + temperature);
        }
        this.divergence = divergence;
        this.temperature = temperature;
        this.chunkLogits = chunkLogits;
        AtomicReference<Room> last = idle;
        CLEANER.register(this, () -> Room.close(last.getAndSet(null)));
    }

    /**
     * Values, and their gradient.
     *
     * @param values of the divergence per token, [N], without factors
     * @param labelLosses cross-entropy per token, [N], without factors; empty where there are no labels
     * @param bounds how far a value can be from that over the whole vocabulary, [N]; 0 where the teacher's is known
     * @param gradient of sum(factor times value) with respect to the hidden states, [N, D]
     */
    public record Result(float[] values, float[] labelLosses, float[] bounds, NDArray gradient) {}

    /**
     * The divergences alone.
     *
     * @param hidden [N, D]
     * @param head [V, D]
     * @throws IllegalArgumentException where teacher and student do not fit together
     */
    public float[] values(NDArray hidden, NDArray head, TeacherSignal teacher) {
        return new Pass(hidden, head, teacher, new float[0], new int[0], new float[0])
                .run()
                .values();
    }

    /**
     * The divergences and their gradient; a trained head's gradient is added to at once.
     *
     * @param factors [N], what each token's divergence counts in the gradient: term weight over term count
     */
    public Result withGradient(NDArray hidden, NDArray head, TeacherSignal teacher, float[] factors) {
        return withGradient(hidden, head, teacher, factors, new int[0], new float[0]);
    }

    /**
     * As before, with the cross-entropy of labels.
     *
     * @param labels [N], each in [0, V)
     * @param labelFactors [N], what each token's cross-entropy counts in the gradient
     */
    public Result withGradient(
            NDArray hidden, NDArray head, TeacherSignal teacher, float[] factors, int[] labels, float[] labelFactors) {
        return new Pass(hidden, head, teacher, factors, labels, labelFactors).run();
    }

    /** The divergence and its temperature. */
    @Override
    public String toString() {
        return divergence + " at temperature " + temperature;
    }

    private final class Pass {

        private final NDArray hidden;
        private final NDArray head;
        private final TeacherSignal teacher;
        private final float[] factors;
        private final int[] labels;
        private final float[] labelFactors;
        private final int rows;
        private final float[] values;
        private final float[] labelLosses;
        private final float[] bounds;
        private final float[] rest;

        Pass(NDArray hidden, NDArray head, TeacherSignal teacher, float[] factors, int[] labels, float[] labelFactors) {
            this.hidden = hidden;
            this.head = head;
            this.teacher = teacher;
            this.factors = factors;
            this.labels = labels;
            this.labelFactors = labelFactors;
            rows = Math.toIntExact(hidden.getShape().get(0));
            values = new float[rows];
            labelLosses = new float[labels.length];
            bounds = new float[rows];
            rest = new float[rows];
            check();
        }

        private void check() {
            long vocabulary = head.getShape().get(0);
            long known = teacher.vocabularySize();
            if (known != 0 && known != vocabulary) {
                throw new IllegalArgumentException("the student's vocabulary has " + vocabulary
                        + " tokens and the teacher's " + known + ": they must be one");
            }
            long given = rows;
            if (teacher instanceof TeacherSignal.Hidden of) {
                given = of.hidden().getShape().get(0);
            } else if (teacher instanceof TeacherSignal.Logits of) {
                given = of.logits().getShape().get(0);
            } else if (teacher instanceof TeacherSignal.TopK of) {
                given = of.top().positions();
                of.top().requireVocabulary(Math.toIntExact(vocabulary));
            }
            if (given != rows) {
                throw new IllegalArgumentException(
                        "the student has " + rows + " tokens and the teacher " + given + ": they must be the same");
            }
        }

        Result run() {
            NDManager manager = hidden.getManager();
            boolean isWanted = factors.length > 0;
            NDArray gradient = isWanted ? manager.zeros(hidden.getShape()) : null;
            NDArray ofHead = isWanted && head.hasGradient() ? head.getGradient() : null;
            long vocabulary = head.getShape().get(0);
            int chunks = (int) Math.min(rows, (rows * vocabulary + chunkLogits - 1) / chunkLogits);
            int most = chunks == 0 ? 0 : (rows + chunks - 1) / chunks;
            int first = first(most, vocabulary);
            int height = teacher instanceof TeacherSignal.Hidden ? 2 * first : most;
            Room room = Room.of(idle, hidden.getDevice(), height * vocabulary);
            try (NDManager scratch = manager.newSubManager()) {
                NDArray logits = room.logits(new Shape(height, vocabulary), scratch);
                for (int from = 0; from < rows; from += most) {
                    try (NDManager ofChunk = scratch.newSubManager()) {
                        int to = Math.min(rows, from + most);
                        int middle = Math.min(to, from + first);
                        piece(logits, from, from, middle, ofChunk);
                        if (middle < to) {
                            piece(logits, from, middle, to, ofChunk);
                        }
                        if (isWanted) {
                            NDArray nothing = ofChunk.create(new float[0]);
                            HeadOps.headGradient(
                                    rows(logits, 0, to - from, ofChunk),
                                    multipliers(from, to, ofChunk),
                                    rows(hidden, from, to, ofChunk),
                                    head,
                                    rows(gradient, from, to, ofChunk),
                                    ofHead == null ? nothing : ofHead);
                        }
                    }
                }
            } finally {
                room.release(idle);
                if (ofHead != null) {
                    ofHead.close();
                }
            }
            return new Result(values, labelLosses, bounds, gradient);
        }

        /** What the gradients of a chunk's logits are still to be multiplied by [n, 1]. */
        private NDArray multipliers(int from, int to, NDManager scratch) {
            float[] all = new float[to - from];
            boolean isDone = labels.length > 0 || teacher instanceof TeacherSignal.TopK;
            for (int i = 0; i < all.length; i++) {
                all[i] = isDone ? 1 : (float) (factors[from + i] * (double) rest[from + i] / temperature);
            }
            return scratch.create(all, new Shape(all.length, 1));
        }

        /**
         * Tokens of a chunk's first piece. A large chunk goes in two, for the teacher's logits of a piece lie where the student's of
         * the next will: with three fifths of the tokens first, and what is left of the teacher's at two times, both sides' take a
         * fifth more than the student's alone. Products like multiples of 16.
         */
        private int first(int most, long vocabulary) {
            boolean isLarge = teacher instanceof TeacherSignal.Hidden && 2L * most * vocabulary > chunkLogits;
            return isLarge ? Math.min(most, ((3 * most + 4) / 5 + 15) / 16 * 16) : most;
        }

        /** Sets the values of a piece of the chunk that begins at start, and overwrites its logits by the gradient if one is wanted. */
        private void piece(NDArray room, int start, int from, int to, NDManager scratch) {
            NDArray logits = HeadOps.logits(
                    rows(room, from - start, to - start, scratch), rows(hidden, from, to, scratch), head);
            logits.attach(scratch);
            if (teacher instanceof TeacherSignal.TopK of) {
                topK(of, logits, from, to, scratch);
            } else if (teacher instanceof TeacherSignal.Logits of) {
                dense(logits, rows(of.logits(), from, to, scratch), from, scratch);
            } else {
                TeacherSignal.Hidden of = (TeacherSignal.Hidden) teacher;
                int height = Math.toIntExact(room.getShape().get(0));
                NDArray behind = rows(room, to - start, height, scratch);
                int atOnce = height - (to - start);
                for (int lo = from; lo < to; lo += atOnce) {
                    int hi = Math.min(to, lo + atOnce);
                    NDArray other = HeadOps.logits(behind, rows(of.hidden(), lo, hi, scratch), of.head());
                    other.attach(scratch);
                    dense(rows(logits, lo - from, hi - from, scratch), other, lo, scratch);
                }
            }
        }

        /** Sets the values of tokens from the given one on, and overwrites their logits by the gradient. */
        private void dense(NDArray logits, NDArray other, int from, NDManager scratch) {
            int rows = Math.toIntExact(logits.getShape().get(0));
            int lanes = lanes(logits);
            List<Runnable> parts = new ArrayList<>();
            for (int lane = 0; lane < lanes; lane++) {
                int lo = rows * lane / lanes;
                int hi = rows * (lane + 1) / lanes;
                NDManager ofLane = scratch.newSubManager();
                parts.add(() -> {
                    try (ofLane) {
                        dense(
                                rows(logits, lo, hi, ofLane),
                                rows(other, lo, hi, ofLane),
                                lanes == 1 && Lanes.most() > 1 ? SHARED : 1,
                                from + lo,
                                from + hi,
                                ofLane);
                    }
                });
            }
            if (lanes == 1) {
                parts.get(0).run();
            } else {
                Lanes.run(parts, () -> {});
            }
        }

        /** A token takes many operations, small beside what it costs the cores to wait for one another after each. */
        private int lanes(NDArray logits) {
            return logits.getDevice().equals(Device.cpu()) && logits.size() >= LEAST_LANE_LOGITS ? Lanes.most() : 1;
        }

        private void dense(NDArray logits, NDArray other, int parts, int from, int to, NDManager scratch) {
            NDArray c = scratch.create(part(factors, from, to));
            NDArray y = scratch.create(longs(labels, from, to));
            NDArray cy = scratch.create(part(labelFactors, from, to));
            NDArray settings = HeadOps.settings(
                    scratch, temperature, divergence.setting(), teacher instanceof TeacherSignal.Logits, parts);
            NDList results = HeadOps.divergence(divergence.formula(), logits, other, settings, c, y, cy);
            results.attach(scratch);
            copy(results.get(0), values, from);
            copy(results.get(2), rest, from);
            if (labels.length > 0) {
                copy(results.get(1), labelLosses, from);
            }
        }

        private void topK(TeacherSignal.TopK of, NDArray logits, int from, int to, NDManager scratch) {
            NDArray c = scratch.create(part(factors, from, to));
            NDArray y = scratch.create(longs(labels, from, to));
            NDArray cy = scratch.create(part(labelFactors, from, to));
            int k = of.top().k();
            NDArray ids = scratch.create(longs(of.top().ids(), from * k, to * k), new Shape(to - from, k));
            NDArray settings = HeadOps.settings(scratch, temperature, 0, false, SHARED);
            NDArray seen = HeadOps.topK(logits, ids, settings);
            seen.attach(scratch);
            float[] logQ = seen.toFloatArray();
            TopKDivergence part = new TopKDivergence(divergence, of);
            float[] slopes = new float[(to - from) * (k + 1)];
            for (int row = from; row < to; row++) {
                TopKDivergence.Value value =
                        part.row(row, logQ, (row - from) * (k + 2), slopes, (row - from) * (k + 1));
                values[row] = (float) value.value();
                bounds[row] = (float) value.bound();
            }
            if (factors.length > 0) {
                NDArray losses = HeadOps.topKGradient(
                        logits, ids, scratch.create(slopes, new Shape(to - from, k + 1)), settings, c, y, cy);
                losses.attach(scratch);
                if (labels.length > 0) {
                    copy(losses, labelLosses, from);
                }
            }
        }
    }

    /** Memory for a chunk's logits, kept from one pass to the next: fresh pages cost a processor a tenth of a pass. */
    private record Room(NDManager manager, NDArray all) {

        /** The idle one, or a new one where that is in use or does not do. */
        static Room of(AtomicReference<Room> idle, Device device, long logits) {
            Room room = idle.getAndSet(null);
            if (room != null && room.manager.getDevice().equals(device) && room.all.size() >= logits) {
                return room;
            }
            close(room);
            NDManager manager = NDManager.newBaseManager(device, "PyTorch");
            return new Room(manager, manager.create(new Shape(logits), DataType.FLOAT32));
        }

        NDArray logits(Shape shape, NDManager scratch) {
            NDArray some = all.get("0:" + shape.size());
            some.attach(scratch);
            NDArray logits = some.reshape(shape);
            logits.attach(scratch);
            return logits;
        }

        void release(AtomicReference<Room> idle) {
            if (!idle.compareAndSet(null, this)) {
                manager.close();
            }
        }

        static void close(Room room) {
            if (room != null) {
                room.manager.close();
            }
        }
    }

    private static NDArray rows(NDArray array, int from, int to, NDManager manager) {
        NDArray rows = array.get(from + ":" + to);
        rows.attach(manager);
        return rows;
    }

    private static void copy(NDArray from, float[] to, int at) {
        float[] part = from.toFloatArray();
        System.arraycopy(part, 0, to, at, part.length);
    }

    private static float[] part(float[] all, int from, int to) {
        return all.length == 0 ? all : Arrays.copyOfRange(all, from, to);
    }

    private static long[] longs(int[] all, int from, int to) {
        return all.length == 0
                ? new long[0]
                : Arrays.stream(all, from, to).asLongStream().toArray();
    }
}
