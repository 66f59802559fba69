package dev.retort.papers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retort.eval.Evaluation;
import dev.retort.eval.EvaluationRow;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What results/ may show. */
class PublishedResultsTest {

    private static final Path RESULTS = Path.of(System.getProperty("retort.root"), "papers-repro", "results");

    /** A student that has not learnt the labels goes on with the premise, which is under CC BY-SA (e-SNLI) or CC BY-NC (ANLI). */
    @Test
    void predictionsOnTextsThatAreNotFreeAreLabelsOrHashes() throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.walk(RESULTS)) {
            files = all.filter(file -> file.toString().matches(".*\\.(esnli|anli1)[^/]*/eval/[^/]*\\.jsonl\\.gz"))
                    .toList();
        }
        assertThat(files).hasSizeGreaterThan(20);
        for (Path file : files) {
            assertThat(Evaluation.read(file).rows())
                    .as(file.toString())
                    .extracting(EvaluationRow::prediction)
                    .allMatch(
                            prediction -> prediction.matches("|entailment|neutral|contradiction|sha256:[0-9a-f]{16}"));
        }
    }
}
