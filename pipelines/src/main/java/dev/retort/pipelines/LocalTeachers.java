package dev.retort.pipelines;

import dev.retort.data.Precision;
import dev.retort.data.Question;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import dev.retort.teacher.Teacher;
import dev.retort.teacher.TeacherException;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The teachers of this machine, one for each model however many workers ask it: a model fills memory, and answers one question
 * at a time. Their class is looked up by name, for the jar that is sent to a remote cluster does not have it.
 */
final class LocalTeachers {

    private static final String CLASS = "dev.retort.teacher.local.LocalTeacher";

    private static final Map<Key, Shared> OPEN = new HashMap<>();

    private record Key(String model, Precision precision) {}

    /** A teacher and how many hold it. */
    private static final class Shared {
        private final Teacher teacher;
        private int holders;

        Shared(Teacher teacher) {
            this.teacher = teacher;
        }
    }

    private LocalTeachers() {}

    /**
     * The teacher of a model; the model is freed when all who asked for it have closed what they got.
     *
     * @throws IOException where it cannot be loaded, or where this is a worker of a remote cluster
     */
    static Teacher open(String model, Precision precision) throws IOException {
        return open(model, precision, LocalTeachers.class.getClassLoader());
    }

    static Teacher open(String model, Precision precision, ClassLoader loader) throws IOException {
        Key key = new Key(model, precision);
        synchronized (OPEN) {
            Shared shared = OPEN.get(key);
            if (shared == null) {
                shared = new Shared(load(key, loader));
                OPEN.put(key, shared);
            }
            shared.holders++;
            return new Held(key, shared);
        }
    }

    private static Teacher load(Key key, ClassLoader loader) throws IOException {
        String model = key.model();
        try {
            return (Teacher) Class.forName(CLASS, true, loader)
                    .getMethod("open", String.class, Precision.class)
                    .invoke(null, model, key.precision());
        } catch (ClassNotFoundException | NoClassDefFoundError e) {
            throw absent(model, e);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof NoClassDefFoundError) {
                throw absent(model, e);
            }
            if (e.getCause() instanceof IOException cause) {
                throw new IOException(cause.getMessage(), cause);
            }
            throw new IOException("local:" + model + " cannot be opened: " + e.getCause(), e);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(CLASS + " has no method open(String, Precision)", e);
        }
    }

    private static IOException absent(String model, Throwable cause) {
        return new IOException(
                "local:" + model + ": a local teacher runs on the Direct runner and embedded Flink only; on a remote"
                        + " cluster serve the model and ask it as openai:MODEL with a base URL",
                cause);
    }

    private static final class Held implements Teacher {

        private final Key key;
        private final Shared shared;
        private boolean closed;

        Held(Key key, Shared shared) {
            this.key = key;
            this.shared = shared;
        }

        @Override
        public String name() {
            return shared.teacher.name();
        }

        @Override
        public List<TeacherSample> sample(Question question, SamplingParams params, List<Integer> sampleIndices)
                throws TeacherException, InterruptedException {
            return shared.teacher.sample(question, params, sampleIndices);
        }

        @Override
        public int company() {
            return shared.teacher.company();
        }

        @Override
        public List<Reply> sampleAll(List<Ask> asks) throws InterruptedException {
            return shared.teacher.sampleAll(asks);
        }

        @Override
        public void close() {
            synchronized (OPEN) {
                if (closed) {
                    return;
                }
                closed = true;
                shared.holders--;
                if (shared.holders == 0) {
                    OPEN.remove(key);
                    shared.teacher.close();
                }
            }
        }
    }
}
