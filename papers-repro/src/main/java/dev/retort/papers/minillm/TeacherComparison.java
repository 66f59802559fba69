package dev.retort.papers.minillm;

import ai.djl.ndarray.NDArray;
import dev.retort.batch.TokenBatch;
import dev.retort.batch.TokenExample;
import dev.retort.data.SamplingParams;
import dev.retort.eval.DistinctNGrams;
import dev.retort.eval.ExposureBias;
import dev.retort.eval.KlEstimate;
import dev.retort.loss.Divergence;
import dev.retort.loss.ForwardKl;
import dev.retort.loss.HeadDivergence;
import dev.retort.loss.ReverseKl;
import dev.retort.loss.TeacherSignal;
import dev.retort.model.CausalLm;
import dev.retort.model.Generated;
import dev.retort.model.GenerationOptions;
import dev.retort.model.Generator;
import dev.retort.model.LoadedModel;
import dev.retort.run.Progress;
import dev.retort.signal.Vocabularies;
import dev.retort.train.OnlineTeacher;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * How far a student's answers are from a teacher's, as MiniLLM asks (arXiv 2306.08543, section 3.3 and appendix B.5): both
 * answer every prompt several times at temperature 1, and the divergence over the whole vocabulary is read at every token of
 * both.
 *
 * @param reverse KL(student || teacher) over whole answers, along the student's
 * @param forward KL(teacher || student), along the teacher's
 * @param exposure ExAccErr(l) for l = 1 to the longest answer allowed
 * @param studentDistinct Dist-4 of the student's answers, over token ids
 * @param teacherDistinct the same of the teacher's
 */
public record TeacherComparison(
        KlEstimate reverse,
        KlEstimate forward,
        List<ExposureBias> exposure,
        DistinctNGrams studentDistinct,
        DistinctNGrams teacherDistinct) {

    /** Of the progress: each counts every answer once. */
    public static final int PARTS = 4;

    private static final int N = 4;

    /**
     * How many answers are drawn.
     *
     * @param samples of each prompt, of either model
     * @param maxTokens of an answer
     * @param batchRows most rows at a time
     */
    public record Settings(int samples, int maxTokens, long seed, int batchRows) {
        public Settings {
            if (samples < 1 || maxTokens < 1 || batchRows < 1) {
                throw new IllegalArgumentException("samples, tokens and rows must be at least 1");
            }
        }
    }

    /**
     * Draws the answers and compares.
     *
     * @param trim whether one vocabulary may be longer by padding, which then counts for neither
     * @throws IllegalArgumentException where their probabilities cannot be compared, naming both vocabularies' sizes, or a
     *     model is no decoder
     */
    public static TeacherComparison of(
            LoadedModel student,
            LoadedModel teacher,
            List<int[]> prompts,
            Settings settings,
            boolean trim,
            Progress progress)
            throws IOException {
        if (!(student.model() instanceof CausalLm) || !(teacher.model() instanceof CausalLm)) {
            throw new IllegalArgumentException("answers are compared of decoder-only models alone");
        }
        int vocabulary =
                Vocabularies.common(size(teacher), teacher.tokenizer(), size(student), student.tokenizer(), trim);
        Pair pair = new Pair(student, teacher, vocabulary, prompts, settings, progress);
        List<Generated> ofStudent = pair.answers(student, 0);
        List<Generated> ofTeacher = pair.answers(teacher, 1);
        List<List<List<double[]>>> alongStudent = pair.along(ofStudent, List.of(new ReverseKl(), new ForwardKl()), 2);
        List<List<double[]>> forward =
                pair.along(ofTeacher, List.of(new ForwardKl()), 3).get(0);
        return new TeacherComparison(
                KlEstimate.ofPositions(alongStudent.get(0)),
                KlEstimate.ofPositions(forward),
                ExposureBias.curve(alongStudent.get(1), forward, settings.maxTokens()),
                distinct(ofStudent),
                distinct(ofTeacher));
    }

    private static int size(LoadedModel loaded) {
        return Math.toIntExact(loaded.model().head().getShape().get(0));
    }

    private static DistinctNGrams distinct(List<Generated> answers) {
        return DistinctNGrams.ofIds(answers.stream().map(Generated::ids).toList(), N);
    }

    private record Pair(
            LoadedModel student,
            LoadedModel teacher,
            int vocabulary,
            List<int[]> prompts,
            Settings settings,
            Progress progress) {

        List<Generated> answers(LoadedModel model, int part) {
            SamplingParams sampling = SamplingParams.none()
                    .withTemperature(1.0)
                    .withMaxTokens(settings.maxTokens())
                    .withSeed(settings.seed());
            GenerationOptions options =
                    new GenerationOptions(sampling, model.eosIds(), settings.samples(), settings.batchRows());
            return new Generator(model.model(), model.tokenizer()).generate(prompts, options, done -> told(part, done));
        }

        private void told(int part, int done) {
            long all = (long) part * prompts.size() * settings.samples() + done;
            progress.update(all, all, Double.NaN);
        }

        /** Each divergence at every token of every answer: prompt by prompt, answer by answer. */
        List<List<List<double[]>>> along(List<Generated> answers, List<Divergence> divergences, int part) {
            OnlineTeacher source = new OnlineTeacher(teacher.model(), vocabulary);
            NDArray whole = student.model().head();
            NDArray head = whole.getShape().get(0) == vocabulary ? whole : whole.get("0:" + vocabulary);
            List<List<List<double[]>>> all = divergences.stream()
                    .map(divergence -> prompts.stream()
                            .<List<double[]>>map(prompt -> new ArrayList<>())
                            .toList())
                    .toList();
            for (int from = 0; from < answers.size(); from += settings.batchRows()) {
                List<Generated> some = answers.subList(from, Math.min(answers.size(), from + settings.batchRows()));
                List<TokenExample> rows = some.stream().map(this::example).toList();
                try (TokenBatch batch =
                        new TokenBatch(rows, false, student.model().weights().manager())) {
                    NDArray hidden = student.model().labelHidden(batch);
                    TeacherSignal ofTeacher = source.at(batch);
                    for (int i = 0; i < divergences.size(); i++) {
                        float[] values = new HeadDivergence(divergences.get(i), 1).values(hidden, head, ofTeacher);
                        add(values, some, all.get(i));
                    }
                }
                told(part, from + some.size());
            }
            return all;
        }

        private static void add(float[] values, List<Generated> answers, List<List<double[]>> byPrompt) {
            int at = 0;
            for (Generated answer : answers) {
                double[] own = new double[answer.ids().length];
                for (int i = 0; i < own.length; i++) {
                    own[i] = values[at++];
                }
                byPrompt.get(answer.prompt()).add(own);
            }
        }

        private TokenExample example(Generated answer) {
            return TokenExample.of("", "", 1, prompts.get(answer.prompt()), answer.ids());
        }
    }
}
