package dev.retort.notebook;

import ai.djl.Device;
import dev.retort.batch.ExampleEncoder;
import dev.retort.batch.TokenExample;
import dev.retort.data.AtomicFiles;
import dev.retort.data.Example;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import dev.retort.model.Generated;
import dev.retort.model.GenerationOptions;
import dev.retort.model.Generator;
import dev.retort.model.LoadedModel;
import dev.retort.papers.ScratchStudent;
import dev.retort.papers.Stage;
import dev.retort.report.ResultTable;
import dev.retort.run.ProgressListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** What the tour's cells call: the road of Distilling step-by-step in a made-up world, on the CPU. */
public final class Tour {

    private static final int MAX_LENGTH = 64;

    private Tour() {}

    /** The tour's folder, target/tour below the working folder, emptied: what an earlier tour left would be gone on from. */
    public static Path folder() throws IOException {
        Path folder = Path.of("target", "tour");
        AtomicFiles.deleteTree(folder);
        return Files.createDirectories(folder);
    }

    /**
     * Asks the teacher, filters its samples and composes training examples: questions.jsonl, samples.jsonl, kept.jsonl and
     * train.jsonl in the run folder. What is there already is kept.
     *
     * @param overrides key=value of the recipe
     */
    public static void ask(Path folder, List<String> overrides) throws IOException, InterruptedException {
        Runs.stepByStep(
                Runs.options("tiny", folder, overrides, List.of(0), Set.of(Stage.ASK, Stage.FILTER, Stage.COMPOSE)));
    }

    /**
     * Goes on from {@link #ask} to the result table, training and testing a student for each method.
     *
     * @param overrides as they were given to {@code ask}
     */
    public static ResultTable table(Path folder, List<String> overrides, ProgressListener progress)
            throws IOException, InterruptedException {
        Runs.stepByStep(Runs.options("tiny", folder, overrides, List.of(0), Set.of(), progress));
        return Runs.table(folder);
    }

    /** One lesson for each sample: the question, and all that the teacher wrote. */
    public static List<Example> lessons(List<TeacherSample> samples) {
        List<Example> lessons = new ArrayList<>();
        for (TeacherSample sample : samples) {
            String question =
                    sample.messages().get(sample.messages().size() - 1).content();
            lessons.add(new Example(
                    sample.id(), question, " " + sample.text(), "lesson", 1.0, List.of(sample.id()), Map.of()));
        }
        return lessons;
    }

    /** A fresh student of about 0.1 million weights, whose tokens are the words of the lessons. */
    public static LoadedModel student(List<Example> lessons, long seed) throws IOException {
        Set<String> words = new TreeSet<>();
        for (Example lesson : lessons) {
            words.addAll(List.of((lesson.prompt() + lesson.completion()).strip().split("\\s+")));
        }
        return new ScratchStudent(null, null, null, null, null, null, null)
                .create(List.copyOf(words), seed, Device.cpu());
    }

    /** The lessons in the student's token ids, each an item of training. */
    public static List<List<TokenExample>> encode(LoadedModel student, List<Example> lessons) throws IOException {
        return new ExampleEncoder(student.requireTokenizer(), false, student.trainingEosId(), MAX_LENGTH)
                .encodeAll(lessons).stream().map(List::of).toList();
    }

    /** How the student goes on after a text, taking the most probable token at every step. */
    public static String complete(LoadedModel student, String prompt) throws IOException {
        int[] ids = student.requireTokenizer().encodePrompt(prompt, false);
        Generated generated = new Generator(student.model(), student.tokenizer())
                .generate(
                        List.of(ids),
                        GenerationOptions.of(SamplingParams.greedy(MAX_LENGTH - ids.length), student.eosIds()))
                .get(0);
        return generated.text();
    }
}
