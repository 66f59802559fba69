package dev.retort.pipelines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.batch.Tokenizer;
import dev.retort.data.JsonLines;
import dev.retort.data.Precision;
import dev.retort.data.Question;
import dev.retort.data.Rows;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import dev.retort.model.LoadedModel;
import dev.retort.model.Models;
import dev.retort.teacher.Teacher;
import dev.retort.teacher.TeacherSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalTeachersTest {

    private static final SamplingParams PARAMS =
            SamplingParams.none().withTemperature(1.0).withMaxTokens(4).withSeed(3L);

    @TempDir
    Path folder;

    private Path model;

    /** Saves a model with random weights whose tokens are words. */
    @BeforeEach
    void save() throws IOException {
        model = folder.resolve("model");
        Tokenizer tokenizer = Tokenizer.ofWords(List.of("one", "two", "three"));
        ObjectNode config = Rows.mapper().createObjectNode();
        config.put("model_type", "llama").put("vocab_size", tokenizer.vocabularySize());
        config.put("hidden_size", 16).put("intermediate_size", 32).put("num_hidden_layers", 1);
        config.put("num_attention_heads", 2).put("max_position_embeddings", 16);
        try (LoadedModel loaded = new LoadedModel(
                Models.create(config, 7, Device.cpu()), tokenizer, Rows.mapper().createObjectNode(), model)) {
            Models.save(loaded, model);
        }
    }

    private SampleOutcome run(List<Question> questions, String out, String... beamArgs) throws Exception {
        TeacherFactory teacher = TeacherFactory.of(TeacherSpec.parse("local:" + model), 0);
        return SampleJob.run(
                SampleRequest.of(questions, folder.resolve(out), teacher)
                        .withSamples(2)
                        .withParams(PARAMS),
                beamArgs);
    }

    @Test
    void bothRunnersGiveTheBytesThatOneTeacherGives() throws Exception {
        List<Question> questions = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            questions.add(Question.ofText("q-" + i, "t", i % 2 == 0 ? "one two" : "three", null));
        }
        assertThat(run(questions, "direct").answered()).isEqualTo(12);
        List<TeacherSample> expected = new ArrayList<>();
        try (Teacher teacher = LocalTeachers.open(model.toString(), Precision.FLOAT32)) {
            for (Question question : questions) {
                for (int index = 0; index < 2; index++) {
                    expected.addAll(teacher.sample(question, PARAMS, List.of(index)));
                }
            }
        }
        Path samples = folder.resolve("direct/samples.jsonl");
        assertThat(JsonLines.read(samples, TeacherSample.class)).isEqualTo(expected);
        assertThat(run(questions, "flink", "--runner=FlinkRunner", "--parallelism=2")
                        .answered())
                .isEqualTo(12);
        assertThat(folder.resolve("flink/samples.jsonl")).hasBinaryContent(Files.readAllBytes(samples));
    }

    @Test
    void allWhoHoldAModelShareIt() throws Exception {
        Question question = Question.ofText("q", "t", "one", null);
        Teacher first = LocalTeachers.open(model.toString(), Precision.FLOAT32);
        Teacher second = LocalTeachers.open(model.toString(), Precision.FLOAT32);
        first.close();
        first.close();
        List<TeacherSample> samples = second.sample(question, PARAMS, List.of(0));
        assertThat(samples).hasSize(1);
        second.close();
        assertThatThrownBy(() -> second.sample(question, PARAMS, List.of(0)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage(second.name() + " is closed");
        try (Teacher third = LocalTeachers.open(model.toString(), Precision.FLOAT32)) {
            assertThat(third.sample(question, PARAMS, List.of(0))).isEqualTo(samples);
        }
    }

    @Test
    void oneModelInTwoPrecisionsIsTwoTeachers() throws Exception {
        try (Teacher first = LocalTeachers.open(model.toString(), Precision.FLOAT32);
                Teacher second = TeacherFactory.ofLocal(model.toString(), Precision.BFLOAT16)
                        .create()) {
            assertThat(second.name()).isEqualTo(first.name() + "+bfloat16");
        }
    }

    /** As on a worker of a cluster, whose jar lacks either the teacher or what it is made of. */
    private static final class WithoutClasses extends ClassLoader {

        private final String absent;

        WithoutClasses(String absent) {
            super(LocalTeachersTest.class.getClassLoader());
            this.absent = absent;
        }

        @Override
        protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
            if (name.startsWith(absent)) {
                throw new ClassNotFoundException(name);
            }
            if (!name.startsWith("dev.retort.teacher.local.")) {
                return super.loadClass(name, resolve);
            }
            synchronized (getClassLoadingLock(name)) {
                Class<?> loaded = findLoadedClass(name);
                return loaded == null ? define(name) : loaded;
            }
        }

        private Class<?> define(String name) throws ClassNotFoundException {
            try (var in = getResourceAsStream(name.replace('.', '/') + ".class")) {
                byte[] bytes = in.readAllBytes();
                return defineClass(name, bytes, 0, bytes.length);
            } catch (IOException e) {
                throw new ClassNotFoundException(name, e);
            }
        }
    }

    @Test
    void aRemoteWorkerSaysWhereALocalTeacherRuns() {
        for (String absent : List.of("dev.retort.teacher.local.", "ai.djl.")) {
            assertThatThrownBy(() -> LocalTeachers.open("remote", Precision.FLOAT32, new WithoutClasses(absent)))
                    .isInstanceOf(IOException.class)
                    .hasMessage("local:remote: a local teacher runs on the Direct runner and embedded Flink only; on a"
                            + " remote cluster serve the model and ask it as openai:MODEL with a base URL");
        }
    }
}
