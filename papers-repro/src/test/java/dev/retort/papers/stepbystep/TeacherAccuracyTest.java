package dev.retort.papers.stepbystep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.retort.answer.SafeArithmetic;
import dev.retort.data.DataCatalogue;
import dev.retort.data.SeededRandom;
import java.io.IOException;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TeacherAccuracyTest {

    @Test
    void comparesEquationsByValueAndTextsAsTheyAre() {
        assertThat(TeacherAccuracy.isCorrect(DssDataSet.SVAMP, "(45*10)", "( 10.0 * 45.0 )"))
                .isTrue();
        assertThat(TeacherAccuracy.isCorrect(DssDataSet.SVAMP, " ", " ")).isFalse();
        assertThat(TeacherAccuracy.isCorrect(DssDataSet.CQA, "park", "park")).isTrue();
        assertThat(TeacherAccuracy.isCorrect(DssDataSet.CQA, "Park", "park")).isFalse();
    }

    @Test
    void countsFailuresAmongTheWrong() {
        TeacherAccuracy accuracy = TeacherAccuracy.of(
                DssDataSet.ESNLI,
                List.of(
                        row("R.\nAnswer: neutral", "neutral", "neutral"),
                        row("R.\nAnswer: entailment", "entailment", "neutral"),
                        row("R.", " ", "neutral"),
                        row("S.\nAnswer: neutral", "neutral", "neutral")));
        assertThat(accuracy).isEqualTo(new TeacherAccuracy(2, 4, 1));
        assertThat(accuracy.share()).isEqualTo(0.5);
    }

    @Test
    void refusesRowsWithoutOutput() {
        assertThatThrownBy(() -> TeacherAccuracy.of(DssDataSet.ESNLI, List.of(row(null, null, "neutral"))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("row has no teacher's output to judge");
    }

    /** Counts, and SHA-256 of all rationales and labels with NUL between, as the authors' Python parsers give them. */
    @ParameterizedTest
    @Tag("shared-data")
    @CsvSource({
        "SVAMP, train, 588, 800, 13, 7b486aca57673aa7ee7999d50f3de0d641495717bbf50065677a4d47209b5a6b",
        "SVAMP, test, 148, 200, 2, c6100b5b1898914446eac070acfdb08ee8071a2f4f282ce65a3f8729fcea8dfc",
        "CQA, train, 7234, 9741, 3, dcf1ceec8cdac320b8cd760ac0e395c36e91f65182c3754062c4ffa4c215aa85",
        "CQA, test, 943, 1221, 0, dc8ef4d0f488dddf2cc6e1821995b0656a466fe65a1dcb9accd20d10201afb6d",
        "ANLI1, valid, 668, 1000, 9, 60d64a935747bb5522a9c78379d7bdb87cf43aae0d1c39a0cba5fa1f170db32d",
        "ANLI1, test, 656, 1000, 10, 46b3b988bc2d7c1b4abbc6d4af3e032ae97b2e541aae62a3f0da7c4d0d40ecbf",
        "ESNLI, valid, 7201, 9842, 4, cead81b0506f8b24627d318a2e82d9350d854086ef1cd7768287f0fc6b9e8092",
        "ESNLI, test, 7171, 9824, 0, 6539f1a7cab9c09cee920a0c717f98dfdad91696b2f7c52ccb77f5fb239debcc"
    })
    void isThatOfTheAuthorsCode(DssDataSet dataSet, String split, int correct, int total, int failed, String hash)
            throws IOException {
        List<DssExample> examples = load(dataSet, split);
        assertThat(TeacherAccuracy.of(dataSet, examples)).isEqualTo(new TeacherAccuracy(correct, total, failed));
        String cut = examples.stream()
                .flatMap(example -> Stream.of(example.rationale(), example.teacherLabel()))
                .collect(Collectors.joining("\u0000"));
        assertThat(SeededRandom.sha256Hex(cut)).isEqualTo(hash);
    }

    /** Why plain arithmetic counts 586 of SVAMP's training rows where the authors count 588. */
    @Test
    @Tag("shared-data")
    void twoRowsOfSvampAreCorrectByPythonsAndOnly() throws IOException {
        List<DssExample> differing = load(DssDataSet.SVAMP, "train").stream()
                .filter(example -> TeacherAccuracy.isCorrect(DssDataSet.SVAMP, example.teacherLabel(), example.label())
                        != SafeArithmetic.equalValues(example.teacherLabel(), example.label()))
                .toList();
        assertThat(differing)
                .extracting(DssExample::id, DssExample::teacherLabel, DssExample::label)
                .containsExactly(
                        tuple("svamp-train-644", "((29/2) and (30/2))", "( 30.0 / 2.0 )"),
                        tuple("svamp-train-762", "(34 + 40) and (62 - 17)", "( 62.0 - 17.0 )"));
    }

    private static List<DssExample> load(DssDataSet dataSet, String split) throws IOException {
        Assumptions.assumeTrue(System.getenv("RETORT_DATA") != null, "RETORT_DATA is not set: needs shared data");
        return dataSet.load(DataCatalogue.standard(), split);
    }

    private static DssExample row(String teacherText, String teacherLabel, String label) {
        return new DssExample("row", "P</s>H", label, "P", "H", teacherText, "R.", teacherLabel);
    }
}
