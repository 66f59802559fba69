package dev.retort.pipelines;

import dev.retort.data.Precision;
import dev.retort.teacher.ApiKey;
import dev.retort.teacher.BatchSettings;
import dev.retort.teacher.OpenAiBatchTeacher;
import dev.retort.teacher.OpenAiSettings;
import dev.retort.teacher.OpenAiTeacher;
import dev.retort.teacher.RecordedTeacher;
import dev.retort.teacher.ScriptedTeacher;
import dev.retort.teacher.Teacher;
import dev.retort.teacher.TeacherSpec;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Path;
import java.time.Duration;

/** Makes the teacher on the worker that asks it: a recipe for a teacher travels, a teacher does not. */
@FunctionalInterface
public interface TeacherFactory extends Serializable {

    /**
     * Makes a teacher; whoever asked for it closes it.
     *
     * @throws IOException where it cannot be made, with one line that says why
     */
    Teacher create() throws IOException;

    /**
     * The factory of a teacher that needs no more said about it: OpenAI's own server for openai:MODEL.
     *
     * @param errorRate of a scripted teacher, in [0, 1]; 0 for the others
     * @throws IllegalArgumentException where the error rate does not fit
     */
    static TeacherFactory of(TeacherSpec spec, double errorRate) {
        return of(spec, errorRate, null, null);
    }

    /**
     * The factory of a teacher. A worker reads the key of an openai teacher from its own environment, so that no pipeline
     * holds it; a local teacher is loaded once for all workers of a JVM, and on a remote cluster it cannot be made.
     *
     * @param errorRate of a scripted teacher, in [0, 1]; 0 for the others
     * @param baseUrl of an openai teacher's server; null for OpenAI's own, and for the others
     * @param timeout of a request of an openai teacher; null for the usual one, and for the others
     * @throws IllegalArgumentException where one of them does not fit
     */
    static TeacherFactory of(TeacherSpec spec, double errorRate, String baseUrl, Duration timeout) {
        boolean isOpenAi = spec instanceof TeacherSpec.OpenAi;
        require(baseUrl == null || isOpenAi, "a base URL belongs to an openai teacher, not to " + spec);
        require(timeout == null || isOpenAi, "a timeout belongs to an openai teacher, not to " + spec);
        if (spec instanceof TeacherSpec.Scripted scripted) {
            String program = scripted.program();
            ScriptedTeacher.of(program, errorRate).close();
            return () -> ScriptedTeacher.of(program, errorRate);
        }
        require(errorRate == 0, "an error rate belongs to a scripted teacher, not to " + spec);
        if (spec instanceof TeacherSpec.Recorded recorded) {
            String file = recorded.file().toAbsolutePath().toString();
            return () -> new RecordedTeacher(Path.of(file));
        }
        if (spec instanceof TeacherSpec.Local local) {
            return ofLocal(local.model(), Precision.FLOAT32);
        }
        String model = ((TeacherSpec.OpenAi) spec).model();
        server(model, baseUrl, timeout);
        return () -> {
            try {
                return new OpenAiTeacher(server(model, baseUrl, timeout)
                        .withKey(ApiKey.fromEnvironment().orElse(null)));
            } catch (IllegalArgumentException e) {
                throw new IOException(e.getMessage(), e);
            }
        };
    }

    /**
     * The factory of a model of this machine.
     *
     * @param precision of its matrix products
     */
    static TeacherFactory ofLocal(String model, Precision precision) {
        String place = model.startsWith("hf:")
                ? model
                : Path.of(model).toAbsolutePath().toString();
        return () -> LocalTeachers.open(place, precision);
    }

    /**
     * The factory of an openai teacher that is asked through the Batch API.
     *
     * @param stateFolder of the batches under way, which the worker can see; not used by two jobs at a time
     * @throws IllegalArgumentException where one of them does not fit
     */
    static TeacherFactory ofBatch(TeacherSpec spec, String baseUrl, Duration timeout, Path stateFolder) {
        require(spec instanceof TeacherSpec.OpenAi, "the Batch API belongs to an openai teacher, not to " + spec);
        String model = ((TeacherSpec.OpenAi) spec).model();
        String folder = stateFolder.toAbsolutePath().toString();
        server(model, baseUrl, timeout);
        return () -> {
            try {
                OpenAiSettings settings = server(model, baseUrl, timeout)
                        .withKey(ApiKey.fromEnvironment().orElse(null));
                return new OpenAiBatchTeacher(settings, Path.of(folder), BatchSettings.usual());
            } catch (IllegalArgumentException e) {
                throw new IOException(e.getMessage(), e);
            }
        };
    }

    /**
     * An openai teacher's server, without a key.
     *
     * @param baseUrl null for OpenAI's own
     * @param timeout of a request; null for the usual one
     * @throws IllegalArgumentException where one of them does not fit
     */
    static OpenAiSettings server(String model, String baseUrl, Duration timeout) {
        OpenAiSettings settings = OpenAiSettings.of(model);
        settings = baseUrl == null ? settings : settings.withBaseUrl(baseUrl);
        return timeout == null ? settings : settings.withTimeout(timeout);
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException(message);
        }
    }
}
