package dev.retort.pipelines;

import dev.retort.data.Question;
import dev.retort.data.SamplingParams;
import dev.retort.teacher.TeacherSpec;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What a {@link SampleJob} does.
 *
 * @param questions who is asked about
 * @param out the folder of the output files
 * @param teacher who answers
 * @param samples of each question, at least 1
 * @param params how to draw
 */
public record SampleRequest(Questions questions, Path out, TeacherFactory teacher, int samples, SamplingParams params) {

    /** Where the questions are. */
    public sealed interface Questions {

        /** A JSON Lines file that the workers can see; bad lines of it go to malformed.jsonl. */
        record InFile(Path file) implements Questions {}

        /** Questions in memory, ids unique. */
        record InMemory(List<Question> questions) implements Questions {
            public InMemory {
                questions = List.copyOf(questions);
                Set<String> seen = new HashSet<>();
                for (Question question : questions) {
                    if (!seen.add(question.id())) {
                        throw new IllegalArgumentException("two questions with the id " + question.id());
                    }
                }
            }
        }
    }

    public SampleRequest {
        if (samples < 1) {
            throw new IllegalArgumentException("a question needs at least 1 sample, not " + samples);
        }
    }

    /** One sample of every question in a file. */
    public static SampleRequest of(Path questions, Path out, TeacherFactory teacher) {
        return new SampleRequest(new Questions.InFile(questions), out, teacher, 1, SamplingParams.none());
    }

    /**
     * One sample of every given question.
     *
     * @throws IllegalArgumentException where two have one id
     */
    public static SampleRequest of(List<Question> questions, Path out, TeacherFactory teacher) {
        return new SampleRequest(new Questions.InMemory(questions), out, teacher, 1, SamplingParams.none());
    }

    /**
     * What the flags ask for.
     *
     * @throws IllegalArgumentException where a flag's value does not fit, with one line that says why
     */
    public static SampleRequest of(SampleOptions options) {
        TeacherSpec spec = TeacherSpec.parse(options.getTeacher());
        SamplingParams params = SamplingParams.none()
                .withTemperature(options.getTemperature())
                .withTopP(options.getTopP())
                .withMaxTokens(options.getMaxTokens())
                .withSeed(options.getSeed());
        TeacherFactory teacher =
                TeacherFactory.of(spec, options.getErrorRate(), options.getBaseUrl(), duration(options.getTimeout()));
        return of(Path.of(options.getQuestions()), Path.of(options.getOut()), teacher)
                .withSamples(options.getSamples())
                .withParams(params);
    }

    private static Duration duration(Double seconds) {
        return seconds == null ? null : Duration.ofNanos(Math.round(seconds * 1e9));
    }

    public SampleRequest withSamples(int count) {
        return new SampleRequest(questions, out, teacher, count, params);
    }

    public SampleRequest withParams(SamplingParams newParams) {
        return new SampleRequest(questions, out, teacher, samples, newParams);
    }
}
