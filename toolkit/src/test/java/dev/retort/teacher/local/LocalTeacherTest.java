package dev.retort.teacher.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.batch.Tokenizer;
import dev.retort.data.Message;
import dev.retort.data.Precision;
import dev.retort.data.Question;
import dev.retort.data.Rows;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import dev.retort.data.TokenUsage;
import dev.retort.model.LoadedModel;
import dev.retort.model.Models;
import dev.retort.teacher.Teacher;
import dev.retort.teacher.TeacherException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalTeacherTest {

    private static final List<String> WORDS = List.of("one", "two", "three", "four", "five", "six");
    private static final Question QUESTION = Question.ofText("q-1", "t", "one two three", null);
    private static final SamplingParams SAMPLED =
            SamplingParams.none().withTemperature(1.0).withMaxTokens(8).withSeed(5L);

    @TempDir
    Path folder;

    /** A model with random weights whose tokens are words; the deviation is so large that texts differ. */
    private LoadedModel model(String chatTemplate) throws IOException {
        Tokenizer tokenizer = Tokenizer.ofWords(WORDS);
        if (chatTemplate != null) {
            ObjectNode config = Rows.mapper().createObjectNode();
            config.put("eos_token", "<eos>").put("chat_template", chatTemplate);
            try (Tokenizer plain = tokenizer) {
                plain.save(folder);
                tokenizer = Tokenizer.of(Files.readString(folder.resolve("tokenizer.json")), config, "words");
            }
        }
        ObjectNode config = Rows.mapper().createObjectNode();
        config.put("model_type", "llama").put("vocab_size", tokenizer.vocabularySize());
        config.put("hidden_size", 16).put("intermediate_size", 32);
        config.put("num_hidden_layers", 2).put("num_attention_heads", 2).put("num_key_value_heads", 1);
        config.put("max_position_embeddings", 32).put("initializer_range", 0.3);
        config.put("eos_token_id", 1).put("tie_word_embeddings", false);
        return new LoadedModel(
                Models.create(config, 7, Device.cpu()),
                tokenizer,
                Rows.mapper().createObjectNode(),
                Path.of("scratch"));
    }

    private static List<String> texts(List<TeacherSample> samples) {
        return samples.stream().map(TeacherSample::text).toList();
    }

    @Test
    void aSampleDependsOnNeitherGroupNorOrder() throws Exception {
        try (LocalTeacher teacher = new LocalTeacher("scratch@1", model(null))) {
            List<TeacherSample> together = teacher.sample(QUESTION, SAMPLED, List.of(0, 1, 2, 3));
            assertThat(together).extracting(TeacherSample::sampleIndex).containsExactly(0, 1, 2, 3);
            assertThat(texts(together)).doesNotHaveDuplicates();
            Question other = Question.ofText("q-2", "t", "one two three", null);
            List<String> others = texts(teacher.sample(other, SAMPLED, List.of(0, 1, 2, 3)));
            // What is asked decides, not what it is called.
            assertThat(others).isEqualTo(texts(together));
            Question another = Question.ofText("q", "t", "three two one", null);
            assertThat(texts(teacher.sample(another, SAMPLED, List.of(0, 1, 2, 3))))
                    .isNotEqualTo(texts(together));
            assertThat(texts(teacher.sample(QUESTION, SAMPLED, List.of(3, 0))))
                    .containsExactly(together.get(3).text(), together.get(0).text());
            assertThat(texts(teacher.sample(QUESTION, SAMPLED, List.of(2))))
                    .containsExactly(together.get(2).text());
            assertThat(texts(teacher.sample(QUESTION, SAMPLED.withSeed(6L), List.of(0, 1, 2, 3))))
                    .isNotEqualTo(texts(together));
        }
    }

    @Test
    void togetherTheyAreAnsweredAsOneByOne() throws Exception {
        try (LocalTeacher teacher = new LocalTeacher("scratch@1", model(null))) {
            Question empty = Question.ofText("empty", "t", "", null);
            List<Teacher.Ask> asks = new ArrayList<>();
            List<String> expected = new ArrayList<>();
            for (int i = 0; i < 70; i++) {
                Question question = Question.ofText("q-" + i, "t", i % 3 == 0 ? "one two" : "three one two", null);
                SamplingParams params = i % 2 == 0 ? SAMPLED : SAMPLED.withMaxTokens(2);
                asks.add(new Teacher.Ask(question, params, i));
                TeacherSample alone =
                        teacher.sample(question, params, List.of(i)).get(0);
                expected.add(alone.id() + alone.text() + alone.finishReason() + alone.usage());
            }
            asks.add(7, new Teacher.Ask(empty, SAMPLED, 0));
            List<Teacher.Reply> replies = teacher.sampleAll(asks);
            assertThat(replies.get(7).failure()).hasMessageContaining("question empty of 0 tokens");
            assertThat(replies.stream()
                            .map(Teacher.Reply::sample)
                            .filter(Objects::nonNull)
                            .map(sample -> sample.id() + sample.text() + sample.finishReason() + sample.usage()))
                    .isEqualTo(expected);
            assertThat(teacher.company()).isEqualTo(64);
        }
    }

    @Test
    void severalThreadsGetWhatOneGets() throws Exception {
        try (LocalTeacher teacher = new LocalTeacher("scratch@1", model(null))) {
            List<TeacherSample> expected = teacher.sample(QUESTION, SAMPLED, List.of(0, 1));
            List<FutureTask<List<TeacherSample>>> tasks = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                FutureTask<List<TeacherSample>> task =
                        new FutureTask<>(() -> teacher.sample(QUESTION, SAMPLED, List.of(0, 1)));
                tasks.add(task);
                new Thread(task).start();
            }
            for (FutureTask<List<TeacherSample>> task : tasks) {
                assertThat(task.get()).isEqualTo(expected);
            }
        }
    }

    @Test
    void withoutATemperatureAllSamplesAreTheGreedyOne() throws Exception {
        try (LocalTeacher teacher = new LocalTeacher("scratch@1", model(null))) {
            SamplingParams params = SamplingParams.none().withMaxTokens(4);
            List<TeacherSample> samples = teacher.sample(QUESTION, params, List.of(0, 7));
            String text = samples.get(0).text();
            assertThat(samples)
                    .containsExactly(
                            sample(text, 0, params, new TokenUsage(3, 8, 2)),
                            sample(text, 7, params, new TokenUsage(3, 8, 2)));
            assertThat(texts(teacher.sample(QUESTION, SamplingParams.greedy(4), List.of(0))))
                    .containsExactly(text);
            String first = text.split(" ")[0];
            TeacherSample stopped = teacher.sample(QUESTION, params.withStop(List.of(first)), List.of(0))
                    .get(0);
            assertThat(stopped.text()).isEmpty();
            assertThat(stopped.finishReason()).isEqualTo("stop");
            assertThat(stopped.usage()).isEqualTo(new TokenUsage(3, 1, 1));
        }
    }

    private static TeacherSample sample(String text, int index, SamplingParams params, TokenUsage usage) {
        return new TeacherSample(
                "q-1",
                "t",
                QUESTION.messages(),
                index,
                text,
                null,
                null,
                "length",
                "local:scratch@1",
                params,
                usage,
                Map.of());
    }

    @Test
    void theChatTemplateIsApplied() throws Exception {
        String template = "{% for m in messages %}{% if m.role == 'tool' %}{{ raise_exception('no tools') }}{% endif %}"
                + "{{ m.content }} {% endfor %}six";
        SamplingParams params = SamplingParams.none().withMaxTokens(6);
        try (LocalTeacher chat = new LocalTeacher("chat@1", model(template));
                LocalTeacher plain = new LocalTeacher("plain@1", model(null))) {
            Question turns = new Question("q-1", "t", List.of(Message.system("one"), Message.user("two three")), null);
            TeacherSample sample = chat.sample(turns, params, List.of(0)).get(0);
            assertThat(sample.usage().promptTokens()).isEqualTo(4);
            Question rendered = Question.ofText("q-1", "t", "one two three six", null);
            assertThat(sample.text())
                    .isEqualTo(plain.sample(rendered, params, List.of(0)).get(0).text());
            assertThat(plain.sample(turns, params, List.of(0)).get(0).usage().promptTokens())
                    .isEqualTo(2);
            Question tool = new Question("q-1", "t", List.of(new Message("tool", "one")), null);
            assertThatThrownBy(() -> chat.sample(tool, params, List.of(0)))
                    .isInstanceOf(TeacherException.class)
                    .hasMessage(
                            "local:chat@1: question q-1: words: the chat template refuses these messages: no tools");
        }
    }

    @Test
    void whatCannotBeContinuedIsAnError() throws Exception {
        try (LocalTeacher teacher = new LocalTeacher("scratch@1", model(null))) {
            Question empty = Question.ofText("q-1", "t", "", null);
            assertThatThrownBy(() -> teacher.sample(empty, SAMPLED, List.of(0)))
                    .isInstanceOf(TeacherException.class)
                    .hasMessage("local:scratch@1: question q-1 of 0 tokens says nothing that can be continued");
            Question full = Question.ofText("q-1", "t", "one ".repeat(32), null);
            assertThatThrownBy(() -> teacher.sample(full, SAMPLED, List.of(0)))
                    .isInstanceOf(TeacherException.class)
                    .hasMessage("local:scratch@1: question q-1 of 32 tokens leaves no room for an answer:"
                            + " the model takes 32 in all");
            Question almost = Question.ofText("q-1", "t", "one ".repeat(31), null);
            assertThat(teacher.sample(almost, SAMPLED, List.of(0))
                            .get(0)
                            .usage()
                            .completionTokens())
                    .isEqualTo(1);
        }
    }

    @Test
    void anInterruptedThreadAsksNoMore() throws Exception {
        try (LocalTeacher teacher = new LocalTeacher("scratch@1", model(null))) {
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> teacher.sample(QUESTION, SAMPLED, List.of(0)))
                    .isInstanceOf(InterruptedException.class);
            assertThat(Thread.interrupted()).isFalse();
        }
    }

    @Test
    void theNameGoesByWhatIsInTheFiles() throws Exception {
        Path first = folder.resolve("first/model");
        Path second = folder.resolve("second/model");
        for (Path place : List.of(first, second)) {
            try (LoadedModel scratch = model(null)) {
                Models.save(scratch, place);
            }
        }
        Files.writeString(second.resolve("README.md"), "Not read.");
        String name;
        List<TeacherSample> samples;
        try (LocalTeacher teacher = LocalTeacher.open(first.toString())) {
            name = teacher.name();
            samples = teacher.sample(QUESTION, SAMPLED, List.of(0, 1));
        }
        assertThat(name).matches("local:model@[0-9a-f]{12}");
        try (LocalTeacher teacher = LocalTeacher.open(second.toString())) {
            assertThat(teacher.name()).isEqualTo(name);
            assertThat(teacher.sample(QUESTION, SAMPLED, List.of(0, 1))).isEqualTo(samples);
        }
        byte[] weights = Files.readAllBytes(second.resolve("model.safetensors"));
        weights[weights.length - 5] ^= 1;
        Files.write(second.resolve("model.safetensors"), weights);
        try (LocalTeacher teacher = LocalTeacher.open(second.toString())) {
            assertThat(teacher.name()).startsWith("local:model@").isNotEqualTo(name);
        }
    }

    @Test
    void bfloat16IsPartOfTheName() throws Exception {
        Path place = folder.resolve("model");
        try (LoadedModel scratch = model(null)) {
            Models.save(scratch, place);
        }
        String name;
        try (LocalTeacher teacher = LocalTeacher.open(place.toString())) {
            name = teacher.name();
        }
        try (LocalTeacher teacher = LocalTeacher.open(place.toString(), Precision.BFLOAT16)) {
            assertThat(teacher.name()).isEqualTo(name + "+bfloat16");
            List<TeacherSample> samples = teacher.sample(QUESTION, SAMPLED, List.of(0, 1));
            assertThat(samples).extracting(TeacherSample::teacher).containsOnly(name + "+bfloat16");
            assertThat(teacher.sample(QUESTION, SAMPLED, List.of(0, 1))).isEqualTo(samples);
        }
        Path json = place.resolve("config.json");
        Files.writeString(
                json,
                Files.readString(json).replace("\"llama\"", "\"mistral\"").replace("{", "{\"sliding_window\": 4,"));
        assertThatThrownBy(() -> LocalTeacher.open(place.toString(), Precision.BFLOAT16))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith(place + ": bfloat16 (bf16: true, ")
                .hasMessageEndingWith("this is a mistral on cpu(); leave the setting out");
    }

    @Test
    void aModelThatCannotBeOpenedIsOneLine() throws Exception {
        Path absent = folder.resolve("absent");
        assertThatThrownBy(() -> LocalTeacher.open(absent.toString()))
                .isInstanceOf(IOException.class)
                .hasMessage(absent + ": no such folder or file; give a Hugging Face folder or a GGUF file");
        Path mute = folder.resolve("mute");
        try (LoadedModel scratch = model(null)) {
            Models.save(scratch, mute);
        }
        Files.delete(mute.resolve("tokenizer.json"));
        assertThatThrownBy(() -> LocalTeacher.open(mute.toString()))
                .isInstanceOf(IOException.class)
                .hasMessage(mute + ": no tokenizer.json there; give token ids, or put the tokenizer beside it");
    }

    @Test
    void aClosedTeacherAnswersNothing() throws Exception {
        LocalTeacher teacher = new LocalTeacher("scratch@1", model(null));
        teacher.close();
        teacher.close();
        assertThatThrownBy(() -> teacher.sample(QUESTION, SAMPLED, List.of(0)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("local:scratch@1 is closed");
    }
}
