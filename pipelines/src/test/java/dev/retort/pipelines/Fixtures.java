package dev.retort.pipelines;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retort.data.Question;
import dev.retort.data.Rows;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import dev.retort.data.TokenUsage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.PipelineResult;
import org.apache.beam.sdk.metrics.MetricNameFilter;
import org.apache.beam.sdk.metrics.MetricResult;
import org.apache.beam.sdk.metrics.MetricsFilter;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.testing.PAssert;

/** Rows and pipelines of these tests. */
final class Fixtures {

    private Fixtures() {}

    static Question question(String id) {
        return lastLetters(id, "Ann Bob " + id);
    }

    static Question lastLetters(String id, String words) {
        String text = "Take the last letters of the words in \"" + words + "\" and concatenate them.";
        return Question.ofText(id, "last-letter", text, null);
    }

    /** A question that no scripted teacher can read. */
    static Question unreadable(String id) {
        return Question.ofText(id, "last-letter", "Why?", null);
    }

    static TeacherSample sample(Question question, int index, String text) {
        return new TeacherSample(
                question.id(),
                question.task(),
                question.messages(),
                index,
                text,
                null,
                text,
                "stop",
                "fake",
                SamplingParams.none(),
                new TokenUsage(3, 4, 1),
                Map.of());
    }

    /**
     * A file of so many questions, every fortieth of them unreadable, and a line that is no JSON, one without an id, a blank
     * one and a second row with an id.
     */
    static Path questionsFile(Path folder, int count) throws IOException {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String id = "q-" + i;
            lines.add(Rows.format(i % 40 == 39 ? unreadable(id) : lastLetters(id, "Ada Bo" + i + "x C\u00e9line")));
        }
        lines.add(1, "{\"id\":");
        lines.add(3, "{\"task\":\"last-letter\",\"messages\":[{\"role\":\"user\",\"content\":\"?\"}]}");
        lines.add(5, "");
        lines.add(Rows.format(question("q-0")));
        return Files.writeString(folder.resolve("questions.jsonl"), String.join("\n", lines) + "\n");
    }

    /** A pipeline on the Direct runner, which checks that no step changes an element and that coders work. */
    static Pipeline pipeline() {
        return Pipeline.create(PipelineOptionsFactory.create());
    }

    /** Runs a pipeline to its end; all assertions must have been made. */
    static PipelineResult run(Pipeline pipeline) {
        int assertions = PAssert.countAsserts(pipeline);
        PipelineResult result = pipeline.run();
        assertThat(result.waitUntilFinish()).isEqualTo(PipelineResult.State.DONE);
        assertThat(counter(result, PAssert.class, PAssert.SUCCESS_COUNTER)).isEqualTo(assertions);
        return result;
    }

    static long counter(PipelineResult result, Class<?> namespace, String name) {
        MetricsFilter filter = MetricsFilter.builder()
                .addNameFilter(MetricNameFilter.named(namespace, name))
                .build();
        long sum = 0;
        for (MetricResult<Long> counter : result.metrics().queryMetrics(filter).getCounters()) {
            sum += counter.getAttempted();
        }
        return sum;
    }
}
