package dev.retort.pipelines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.TextNode;
import dev.retort.data.JsonLines;
import dev.retort.data.Question;
import dev.retort.data.Row;
import dev.retort.data.Rows;
import dev.retort.data.TeacherSample;
import dev.retort.filter.FilterReport;
import dev.retort.filter.FilterSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FilterJobTest {

    private static final Question FIRST = Question.ofText("q-1", "t", "Does two exceed one?", "yes");
    private static final Question SECOND = Question.ofText("q-2", "t", "Is 1 more than 2?", "no");
    private static final TeacherSample YES = Fixtures.sample(FIRST, 0, "yes");
    private static final TeacherSample NO = Fixtures.sample(FIRST, 1, "no");
    private static final TeacherSample YES_AGAIN = Fixtures.sample(FIRST, 2, "Yes.");
    private static final TeacherSample ALONE = Fixtures.sample(SECOND, 0, "yes");
    private static final TeacherSample CUT = cut(Fixtures.sample(SECOND, 1, "no"));

    @TempDir
    Path folder;

    private static TeacherSample cut(TeacherSample sample) {
        return new TeacherSample(
                sample.id(),
                sample.task(),
                sample.messages(),
                sample.sampleIndex(),
                sample.text(),
                null,
                null,
                TeacherSample.LENGTH,
                sample.teacher(),
                sample.params(),
                sample.usage(),
                Map.of());
    }

    private static FilterPlan by(String filters) {
        return FilterPlan.of(FilterSpec.parse(filters), List.of());
    }

    private Path file(String name, String firstLine, Row... rows) throws IOException {
        List<String> lines = new ArrayList<>(List.of(firstLine));
        Stream.of(rows).map(Rows::format).forEach(lines::add);
        return Files.write(folder.resolve(name), lines);
    }

    private Path samples() throws IOException {
        return file("samples.jsonl", "{", CUT, YES_AGAIN, YES, ALONE, NO);
    }

    private Path out() {
        return folder.resolve("out");
    }

    private List<String> written(String name) throws IOException {
        return Files.readAllLines(out().resolve(name));
    }

    @Test
    void everySampleIsInOneFile() throws Exception {
        Path questions = file("mine.jsonl", "[]", SECOND, FIRST);
        FilterOutcome outcome =
                FilterJob.run(new FilterRequest(samples(), questions, by("truncated,output-consistency"), out()));
        assertThat(written("kept.jsonl")).containsExactly(Rows.format(YES), Rows.format(YES_AGAIN));
        assertThat(written("rejected.jsonl"))
                .containsExactly(
                        Rows.format(FilterReport.withReason(NO, "minority")),
                        Rows.format(FilterReport.withReason(ALONE, "no-majority")),
                        Rows.format(FilterReport.withReason(CUT, "truncated")));
        assertThat(written("malformed.jsonl"))
                .satisfiesExactly(
                        line -> assertThat(line)
                                .isEqualTo("{\"file\":\"mine.jsonl\",\"line\":1,\"error\":\"not a JSON object\","
                                        + "\"text\":\"[]\"}"),
                        line -> assertThat(line).startsWith("{\"file\":\"samples.jsonl\",\"line\":1,\"error\":"));
        assertThat(outcome.summary())
                .isEqualTo("kept 2 of 5 samples, of 1 of 2 questions; malformed lines 2\n"
                        + "rejected: minority 1, no-majority 1, truncated 1\n"
                        + "right: 2 of 2 (100.0 %) kept samples, 2 of 5 (40.0 %) of all");
        try (Stream<Path> files = Files.list(out())) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder("kept.jsonl", "malformed.jsonl", "rejected.jsonl");
        }
    }

    @Test
    void whatReadsReferencesSaysNothingOfPrecision() throws Exception {
        Path questions = folder.resolve("mine.jsonl");
        JsonLines.write(questions, List.of(FIRST, SECOND));
        FilterOutcome outcome = FilterJob.run(new FilterRequest(samples(), questions, by("reference"), out()));
        assertThat(outcome.precision()).isEmpty();
        assertThat(outcome.reasons()).isEqualTo(Map.of("wrong-answer", 2L, "no-answer", 1L));
        assertThat(written("kept.jsonl")).hasSize(2);
    }

    @Test
    void questionsAreMadeOfWhatWasSent() throws Exception {
        TeacherSample ofVariant = Fixtures.sample(Question.ofText("q-1~name-swap-1", "t", "Is it?", null), 0, "no")
                .withExtra(Map.of("perturbed_from", TextNode.valueOf("q-1")));
        Path samples = file("samples.jsonl", "", ofVariant, YES, NO, YES_AGAIN, ALONE);
        Path evaluation = folder.resolve("test.jsonl");
        JsonLines.write(evaluation, List.of(Question.ofText("e", "t", "is 1 MORE than 2?", null)));
        FilterPlan filters = FilterPlan.of(FilterSpec.parse("decontamination,length:1-2"), List.of(evaluation));
        FilterOutcome outcome = FilterJob.run(new FilterRequest(samples, null, filters, out()));
        assertThat(written("kept.jsonl")).containsExactly(Rows.format(YES), Rows.format(NO), Rows.format(YES_AGAIN));
        assertThat(written("rejected.jsonl"))
                .containsExactly(
                        Rows.format(FilterReport.withReason(ofVariant, "variant")),
                        Rows.format(FilterReport.withReason(ALONE, "in-test")));
        assertThat(outcome.summary())
                .isEqualTo("kept 3 of 5 samples, of 1 of 2 questions\nrejected: in-test 1, variant 1");
        assertThat(written("malformed.jsonl")).isEmpty();
    }

    @Test
    void badLinesOfOtherFilesStay() throws Exception {
        Files.createDirectories(out());
        String other = "{\"file\":\"mine.jsonl\",\"line\":7,\"error\":\"e\",\"text\":\"t\"}";
        Files.write(
                out().resolve("malformed.jsonl"),
                List.of(other, "{\"file\":\"samples.jsonl\",\"line\":9,\"error\":\"e\",\"text\":\"t\"}"));
        FilterRequest request = new FilterRequest(samples(), null, by("format"), out());
        for (int run = 0; run < 2; run++) {
            FilterJob.run(request);
            assertThat(written("malformed.jsonl"))
                    .hasSize(2)
                    .startsWith(other)
                    .last()
                    .asString()
                    .startsWith("{\"file\":\"samples.jsonl\",\"line\":1,");
        }
    }

    @Test
    void variantsAreJudgedWithTheirQuestions() throws Exception {
        Question variant = new Question(
                "another name",
                "t",
                FIRST.messages(),
                "no",
                Map.of("perturbed_from", TextNode.valueOf("q-1"), "perturbation", TextNode.valueOf("clause-reorder")));
        TeacherSample ofVariant = Fixtures.sample(variant, 0, "no");
        Path questions = folder.resolve("mine.jsonl");
        JsonLines.write(questions, List.of(variant, FIRST, SECOND));
        Path samples = file("samples.jsonl", "", YES, ofVariant, ALONE);
        FilterOutcome outcome = FilterJob.run(
                new FilterRequest(samples, questions, by("length:1-1,perturbation:not-perturbed=keep"), out()));
        assertThat(written("kept.jsonl")).containsExactly(Rows.format(ALONE));
        assertThat(written("rejected.jsonl"))
                .containsExactly(
                        Rows.format(FilterReport.withReason(ofVariant, "variant")),
                        Rows.format(FilterReport.withReason(YES, "perturbation-disagrees")));
        assertThat(outcome.summary())
                .isEqualTo("kept 1 of 3 samples, of 1 of 2 questions\n"
                        + "rejected: perturbation-disagrees 1, variant 1\n"
                        + "right: 0 of 1 (0.0 %) kept samples, 1 of 2 (50.0 %) of all");

        JsonLines.write(questions, List.of(variant, SECOND));
        Path others = file("others.jsonl", "", ofVariant);
        assertThatThrownBy(() ->
                        FilterJob.run(new FilterRequest(others, questions, by("perturbation"), folder.resolve("no"))))
                .isInstanceOf(IOException.class)
                .hasMessage("question another name is a variant of question q-1, which is not among the questions");
    }

    @Test
    void badInputIsOneLine() throws Exception {
        Path samples = samples();
        Path questions = folder.resolve("mine.jsonl");
        JsonLines.write(questions, List.of(FIRST));
        assertThatThrownBy(() -> FilterJob.run(new FilterRequest(samples, questions, by("format"), out())))
                .isInstanceOf(IOException.class)
                .hasMessageMatching("sample [01] belongs to question q-2, which is not among the questions; give the"
                        + " questions that were asked");
        assertThat(out().resolve("kept.jsonl")).doesNotExist();

        Path unsaid =
                Files.writeString(folder.resolve("unsaid.jsonl"), "{\"id\":\"x\",\"sample_index\":0,\"text\":\"\"}\n");
        assertThatThrownBy(() -> FilterJob.run(new FilterRequest(unsaid, null, by("format"), out())))
                .isInstanceOf(IOException.class)
                .hasMessage("sample 0 of question x does not say what was asked (task is missing or blank): give the"
                        + " file of the questions as well");

        Path evaluation = Files.writeString(folder.resolve("test.jsonl"), "\n{\"id\":\"x\"}\n");
        FilterPlan against = FilterPlan.of(FilterSpec.parse("near-duplicate"), List.of(evaluation));
        assertThatThrownBy(() -> FilterJob.run(new FilterRequest(samples, null, against, out())))
                .isInstanceOf(IOException.class)
                .hasMessage(evaluation + ":2: task is missing or blank");

        Path no = folder.resolve("no.jsonl");
        assertThatThrownBy(() -> FilterJob.run(new FilterRequest(no, null, by("format"), out())))
                .isInstanceOf(IOException.class)
                .hasMessage(no + ": no such file");
        Path kept = folder.resolve("kept.jsonl");
        assertThatThrownBy(() -> FilterJob.run(new FilterRequest(kept, null, by("format"), folder)))
                .isInstanceOf(IOException.class)
                .hasMessage(kept + ": would be replaced by what is left of it; choose another folder");
    }

    @Test
    void filtersGetWhatTheyNeed() {
        assertThatThrownBy(() -> by("near-duplicate:n=5"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("near-duplicate:n=5 needs a file of the questions to compare with, such as the"
                        + " evaluation's prompts");
        assertThatThrownBy(() -> FilterPlan.of(FilterSpec.parse("format"), List.of(Path.of("/e.jsonl"))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "no filter reads the evaluation's questions /e.jsonl; decontamination and near-duplicate do");
        assertThatThrownBy(() -> new FilterRequest(Path.of("s"), null, by("format,reference"), out()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("reference needs the file of the questions: samples have no reference");
        assertThatThrownBy(() -> new FilterRequest(Path.of("s"), null, by("perturbation"), out()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "perturbation needs the file of the questions with their variants, as retort sample --perturb"
                                + " writes it");
    }
}
