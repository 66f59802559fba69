package dev.retort.pipelines;

import dev.retort.data.Question;
import dev.retort.filter.FilterSpec;
import dev.retort.filter.SampleFilter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A filter against the questions of files, which the worker reads: they are not sent with the pipeline. A bad line is an
 * error, since a question that is not compared with is not kept out.
 */
record AgainstFiles(FilterSpec.AgainstQuestions spec, List<String> files) implements FilterFactory {

    @Override
    public SampleFilter create() {
        List<Question> questions = new ArrayList<>();
        for (String file : files) {
            try {
                questions.addAll(StrictRows.read(Path.of(file), Question.class));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return spec.create(questions);
    }
}
