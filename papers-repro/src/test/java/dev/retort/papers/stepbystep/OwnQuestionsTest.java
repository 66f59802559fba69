package dev.retort.papers.stepbystep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import dev.retort.data.AtomicFiles;
import dev.retort.data.Example;
import dev.retort.data.JsonLines;
import dev.retort.data.Malformed;
import dev.retort.data.Question;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import dev.retort.data.TokenUsage;
import dev.retort.filter.FilterReport;
import dev.retort.model.LoadedModel;
import dev.retort.model.Models;
import dev.retort.papers.OwnRun;
import dev.retort.papers.ScratchFolder;
import dev.retort.pipelines.AskSettings;
import dev.retort.pipelines.TeacherFactory;
import dev.retort.prompt.Demonstration;
import dev.retort.prompt.FewShotPrompt;
import dev.retort.run.Interrupt;
import dev.retort.run.RunRecord;
import dev.retort.teacher.Teacher;
import dev.retort.teacher.TeacherException;
import dev.retort.teacher.TeacherSpec;
import dev.retort.train.TrainingSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OwnQuestionsTest {

    private static final FewShotPrompt PROMPT =
            FewShotPrompt.of(List.of(new Demonstration("Is ice cold?", "Ice is frozen water.", "yes")));

    @TempDir
    Path temporary;

    private Path student;
    private Path out;
    private Path questions;

    @BeforeEach
    void make() throws IOException {
        student = ScratchFolder.student(temporary.resolve("student"));
        out = temporary.resolve("run");
        questions = temporary.resolve("questions.jsonl");
    }

    /** Answers by what is asked last; as a teacher behind a server, it knows of no rationale. */
    private static final class Talker implements Teacher {
        @Override
        public String name() {
            return "talker@1";
        }

        @Override
        public List<TeacherSample> sample(Question question, SamplingParams params, List<Integer> sampleIndices)
                throws TeacherException {
            assertThat(question.text())
                    .startsWith("Q: Is ice cold?\nA: Ice is frozen water. So the answer is yes.\n\nQ: ");
            String text;
            if (question.text().endsWith("Q: Is fire hot?\nA:")) {
                text = " Fire burns. So the answer is yes.";
            } else if (question.text().endsWith("Q: Is air red?\nA:")) {
                text = " Nobody knows.";
            } else {
                throw new TeacherException("I am silent");
            }
            return List.of(new TeacherSample(
                    question.id(),
                    question.task(),
                    question.messages(),
                    sampleIndices.get(0),
                    text,
                    null,
                    null,
                    "stop",
                    name(),
                    params,
                    new TokenUsage(1, 1, 1),
                    Map.of()));
        }
    }

    private void write(Question... rows) throws IOException {
        JsonLines.write(questions, List.of(rows));
    }

    private static Question ask(String id, String text, String reference) {
        return Question.ofText(id, "t", text, reference);
    }

    private static TrainingSettings training() {
        return TrainingSettings.defaults()
                .withMaxSteps(2)
                .withLearningRate(1e-3)
                .withSeed(3);
    }

    private OwnQuestions.Request request(TeacherFactory teacher, FewShotPrompt prompt, boolean goldLabels) {
        return request(teacher, prompt, goldLabels, training(), Interrupt.onThread());
    }

    private OwnQuestions.Request request(
            TeacherFactory teacher,
            FewShotPrompt prompt,
            boolean goldLabels,
            TrainingSettings training,
            Interrupt interrupt) {
        OwnRun run = new OwnRun(
                questions,
                out,
                teacher,
                "teacher",
                SamplingParams.none(),
                AskSettings.usual(),
                student,
                training,
                Device.cpu(),
                "test",
                true,
                interrupt);
        return new OwnQuestions.Request(run, prompt, goldLabels, 0.5, "predict: ", "explain: ");
    }

    private static TeacherFactory arithmetic() {
        return TeacherFactory.of(TeacherSpec.parse("scripted:arithmetic"), 0);
    }

    private List<String> learnt() throws IOException {
        return JsonLines.read(out.resolve("train.jsonl"), Example.class).stream()
                .map(example -> example.id() + "|" + example.prompt() + "|" + example.completion())
                .toList();
    }

    @Test
    void learnsTheTeachersRationalesAndLabelsAndChangesNothingAgain() throws IOException, InterruptedException {
        write(ask("b", "12 + 3", "wrong"), ask("a", "2 * 3 + 1", null), ask("c", "Who?", null));
        assertThat(OwnQuestions.run(request(arithmetic(), null, false)))
                .isEqualTo(new OwnRun.Outcome(3, 2, 0, 1, true));
        assertThat(learnt())
                .containsExactly(
                        "b#answer|predict: 12 + 3| 15",
                        "b#rationale|explain: 12 + 3| 12 + 3 = 15.",
                        "a#answer|predict: 2 * 3 + 1| 7",
                        "a#rationale|explain: 2 * 3 + 1| 2 * 3 = 6. 6 + 1 = 7.");
        try (LoadedModel made = Models.load(out.resolve("final"), Device.cpu())) {
            assertThat(made.requireTokenizer().decode(made.requireTokenizer().encode("12 + 3")))
                    .isEqualTo("12 + 3");
        }
        assertThat(Files.mismatch(out.resolve("final/model.safetensors"), student.resolve("model.safetensors")))
                .isNotEqualTo(-1);
        assertThat(RunRecord.read(out).seed()).isEqualTo(3);

        Map<Path, String> files = ScratchFolder.files(out);
        AtomicFiles.deleteTree(student);
        Files.delete(questions);
        assertThat(OwnQuestions.run(request(
                        () -> {
                            throw new IOException("asked again");
                        },
                        null,
                        false)))
                .isEqualTo(new OwnRun.Outcome(3, 2, 0, 1, true));
        assertThat(ScratchFolder.files(out)).isEqualTo(files);
    }

    @Test
    void learnsGoldLabelsBesideTheTeachersRationales() throws IOException, InterruptedException {
        write(ask("a", "2 * 3", "six"));
        assertThat(OwnQuestions.run(request(arithmetic(), null, true)).lessons())
                .isEqualTo(1);
        assertThat(learnt()).containsExactly("a#answer|predict: 2 * 3| six", "a#rationale|explain: 2 * 3| 2 * 3 = 6.");
    }

    @Test
    void goldLabelsNeedReferencesBeforeTheTeacherIsAsked() throws IOException {
        write(ask("a", "2 * 3", "6"), ask("b", "2 * 4", null));
        assertThatThrownBy(() -> OwnQuestions.run(request(arithmetic(), null, true)))
                .isInstanceOf(IOException.class)
                .hasMessage(questions + ": question b has no reference: give every question one, or take the teacher's"
                        + " labels with --labels teacher");
        assertThat(out).doesNotExist();
    }

    @Test
    void aMissingStudentIsToldBeforeTheTeacherIsAsked() throws IOException {
        write(ask("a", "2 * 3", "6"));
        AtomicFiles.deleteTree(student);
        assertThatThrownBy(() -> OwnQuestions.run(request(arithmetic(), null, false)))
                .isInstanceOf(IOException.class)
                .hasMessage(student + ": no such folder or file; give a Hugging Face folder or a GGUF file");
        assertThat(out).doesNotExist();
    }

    @Test
    void countsAnswersThatCannotBeCutAndThoseThatFail() throws IOException, InterruptedException {
        write(ask("x", "Is fire hot?", null), ask("y", "Is air red?", null), ask("z", "Is it?", null));
        assertThat(OwnQuestions.run(request(Talker::new, PROMPT, false)))
                .isEqualTo(new OwnRun.Outcome(3, 1, 1, 1, true));
        assertThat(learnt())
                .as("the student sees no demonstration")
                .containsExactly(
                        "x#answer|predict: Is fire hot?| yes", "x#rationale|explain: Is fire hot?| Fire burns.");
        TeacherSample rejected = JsonLines.read(out.resolve("rejected.jsonl"), TeacherSample.class)
                .get(0);
        assertThat(rejected.id()).isEqualTo("y");
        assertThat(rejected.extra().get(FilterReport.REASON).textValue()).isEqualTo("no-connecting-phrase");
    }

    @Test
    void saysThatNothingIsLeftToLearn() throws IOException {
        write(ask("y", "Is air red?", null), ask("z", "Is it?", null));
        assertThatThrownBy(() -> OwnQuestions.run(request(Talker::new, PROMPT, false)))
                .isInstanceOf(IOException.class)
                .hasMessage(out + ": of 2 questions none has a rationale and a label (1 answers could not be cut, 1"
                        + " failed); rejected.jsonl and failures.jsonl say why");
        assertThat(out.resolve("final")).doesNotExist();
    }

    @Test
    void goesOnPastLinesThatAreNoQuestions() throws IOException, InterruptedException {
        write(ask("a", "1 + 1", null));
        Files.writeString(questions, Files.readString(questions) + "{\"id\": 7}\n" + Files.readString(questions));
        assertThat(OwnQuestions.run(request(arithmetic(), null, false)))
                .isEqualTo(new OwnRun.Outcome(1, 1, 0, 0, true));
        assertThat(JsonLines.read(out.resolve("malformed.jsonl"), Malformed.class))
                .extracting(Malformed::line)
                .containsExactly(2L, 3L);
    }

    @Test
    void stopsWhenAskedAndGoesOnFromThere() throws IOException, InterruptedException {
        write(ask("a", "2 * 3", "6"), ask("b", "2 + 3", "5"));
        TrainingSettings training = training().withMaxSteps(60);
        Path train = out.resolve(OwnRun.TRAIN);
        try (Interrupt stop = Interrupt.onThread()) {
            // Written after the asking and before the first step.
            Thread watcher = new Thread(() -> {
                while (!Files.exists(train)) {
                    Thread.onSpinWait();
                }
                stop.request();
            });
            watcher.start();
            assertThat(OwnQuestions.run(request(arithmetic(), null, false, training, stop))
                            .finished())
                    .isFalse();
            watcher.join();
        }
        assertThat(out.resolve("final")).doesNotExist();
        assertThat(out.resolve("checkpoints")).isNotEmptyDirectory();
        assertThat(OwnQuestions.run(request(arithmetic(), null, false, training, Interrupt.onThread()))
                        .finished())
                .isTrue();

        Path resumed = out.resolve("final/model.safetensors");
        out = temporary.resolve("whole");
        assertThat(OwnQuestions.run(request(arithmetic(), null, false, training, Interrupt.onThread()))
                        .finished())
                .isTrue();
        assertThat(out.resolve("final/model.safetensors")).hasSameBinaryContentAs(resumed);
    }

    @Test
    void doesNotBeginToAskOnceItShouldStop() throws IOException {
        write(ask("a", "2 * 3", "6"));
        try (Interrupt stop = Interrupt.onThread()) {
            stop.request();
            assertThatThrownBy(() -> OwnQuestions.run(request(arithmetic(), null, false, training(), stop)))
                    .isInstanceOf(InterruptedException.class);
        }
        assertThat(out.resolve("samples.jsonl")).doesNotExist();
    }

    @Test
    void refusesOtherSettings() throws IOException, InterruptedException {
        write(ask("a", "2 * 3", "6"));
        assertThat(OwnQuestions.run(request(arithmetic(), null, false)).finished())
                .isTrue();
        assertThatThrownBy(() -> OwnQuestions.run(
                        request(arithmetic(), null, false, training().withSeed(4), Interrupt.onThread())))
                .isInstanceOf(IOException.class)
                .hasMessage(out.resolve("config.yaml") + ": made with other settings than these; use another --out");
    }
}
