package dev.retort.pipelines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.data.Failure;
import dev.retort.data.JsonLines;
import dev.retort.data.Question;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import dev.retort.filter.FilterPrecision;
import dev.retort.filter.FilterSpec;
import dev.retort.filter.Perturbation;
import dev.retort.teacher.ScriptedTeacher;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PerturbJobTest {

    @TempDir
    Path folder;

    private Path out(String name) {
        return folder.resolve("out").resolve(name);
    }

    private SampleRequest sampling(Path questions) {
        return SampleRequest.of(questions, folder.resolve("out"), () -> ScriptedTeacher.of("coin-flip", 0.4))
                .withParams(SamplingParams.none().withSeed(3L));
    }

    private Path questions(int count) throws IOException {
        Path file = folder.resolve("questions.jsonl");
        List<Question> questions = new ArrayList<>(
                IntStream.range(0, count).mapToObj(CoinFlips::question).toList());
        questions.add(Question.ofText("why", "t", "Why?", null));
        JsonLines.write(file, questions);
        return file;
    }

    @Test
    void goesFromQuestionsToWhatVariantsConfirm() throws Exception {
        PerturbRequest request = PerturbRequest.of(
                        sampling(questions(100)), PerturbSpec.parse("name-swap,clause-reorder"))
                .withSeed(5)
                .withFilters(FilterPlan.of(FilterSpec.parse("perturbation"), List.of()));
        PerturbOutcome outcome = PerturbJob.run(request);
        List<Question> questions = JsonLines.read(out("questions.jsonl"), Question.class);
        List<TeacherSample> samples = JsonLines.read(out("samples.jsonl"), TeacherSample.class);
        assertThat(questions).hasSize(301);
        assertThat(samples).hasSize(300);
        assertThat(samples.get(0).extra()).isEmpty();
        assertThat(samples.get(1).id()).isEqualTo("q-0~clause-reorder-1");
        assertThat(samples.get(1).extra().toString())
                .isEqualTo("{perturbed_from=\"q-0\", perturbation=\"clause-reorder\"}");
        assertThat(JsonLines.read(out("failures.jsonl"), Failure.class))
                .extracting(Failure::id)
                .containsExactly("why");
        assertThat(outcome.notApplied().toString())
                .isEqualTo("{clause-reorder: no-coin-flip=1, name-swap: no-names=1}");
        assertThat(outcome.summary())
                .startsWith("200 variants of 101 questions; not applied: clause-reorder: no-coin-flip 1, name-swap:"
                        + " no-names 1\nanswered 300, failed 1; ");

        FilterOutcome filtered = outcome.filtering().orElseThrow();
        List<TeacherSample> kept = JsonLines.read(out("kept.jsonl"), TeacherSample.class);
        assertThat(filtered.kept()).isEqualTo(kept.size()).isBetween(15L, 45L);
        assertThat(JsonLines.read(out("rejected.jsonl"), TeacherSample.class)).hasSize(300 - kept.size());
        assertThat(filtered.reasons().toString())
                .isEqualTo("{perturbation-disagrees=" + (100 - kept.size()) + ", variant=200}");
        // As in PerturbationGroupsTest: right with probability 0.6, and of what three answers agree on 77 %.
        FilterPrecision precision = filtered.precision().orElseThrow();
        assertThat(precision.all()).isEqualTo(100);
        assertThat(precision.ofAll().orElseThrow()).isBetween(0.45, 0.75);
        assertThat(precision.ofKept().orElseThrow()).isBetween(0.6, 0.95);

        FilterOutcome later = FilterJob.run(new FilterRequest(
                out("samples.jsonl"), out("questions.jsonl"), request.filters(), folder.resolve("later")));
        assertThat(later).isEqualTo(filtered);
        assertThat(folder.resolve("later/kept.jsonl")).hasSameBinaryContentAs(out("kept.jsonl"));
        assertThat(folder.resolve("later/rejected.jsonl")).hasSameBinaryContentAs(out("rejected.jsonl"));
    }

    @Test
    void otherWordsAreAskedForOnce() throws Exception {
        SampleRequest sampling = SampleRequest.of(
                        List.of(
                                Question.ofText("o", "t", "Is it old?", null),
                                Question.ofText("h", "t", "Is it hard?", null)),
                        folder.resolve("out"),
                        Wordsmith::new)
                .withMethod(MarkedTeacher.around(null));
        PerturbRequest request = PerturbRequest.of(sampling, List.of(new PerturbSpec(Perturbation.REPHRASE, 1)));
        PerturbOutcome outcome = PerturbJob.run(request);
        assertThat(JsonLines.read(out("questions.jsonl"), Question.class))
                .extracting(Question::id)
                .containsExactly("h", "o", "o~rephrase-1");
        assertThat(JsonLines.read(out("samples.jsonl"), TeacherSample.class))
                .extracting(TeacherSample::id)
                .containsExactly("o", "o~rephrase-1");
        assertThat(JsonLines.read(out("failures.jsonl"), Failure.class))
                .extracting(Failure::id)
                .containsExactly("h", "h~rephrase-request");
        assertThat(outcome.summary())
                .startsWith("1 variants of 2 questions\nanswered 3, failed 2; ")
                .endsWith("; of the answers, other words 1");
        PerturbOutcome again = PerturbJob.run(request);
        assertThat(again.asking().asked()).isZero();
        assertThat(again.asking().cached()).isEqualTo(3);
    }

    @Test
    void itsOwnQuestionsAreRefused() throws Exception {
        PerturbJob.run(PerturbRequest.of(sampling(questions(1)), PerturbSpec.parse("name-swap")));
        PerturbRequest again = PerturbRequest.of(sampling(out("questions.jsonl")), PerturbSpec.parse("name-swap"));
        assertThatThrownBy(() -> PerturbJob.run(again))
                .isInstanceOf(IOException.class)
                .hasMessage(out("questions.jsonl") + ": would be replaced by the questions and their variants; choose"
                        + " another output folder");
    }
}
