package dev.retort.papers.stepbystep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.data.DataCatalogue;
import dev.retort.filter.Decontamination;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class SplitOverlapTest {

    @Test
    void tellsTheSensesApart() {
        List<DssExample> train = List.of(
                row("train", "Ann has 3 figs and 1,250.5 nuts.\nHow many figs?"),
                nli("nli", "It rains.", "It is dry."));
        List<DssExample> test = List.of(
                row("exact", "Ann has 3 figs and 1,250.5 nuts.\nHow many figs?"),
                row("masked", "Ann has 40 figs and 7 nuts.\nHow many figs?"),
                row("story", "Ann has 40 figs and 7 nuts.\nDid Bob eat pears before lunch today or not?"),
                row("near", "Ann has 3 figs and 1,250.5 NUTS!\nHow many figs?"),
                row("none", "Cy sits."),
                nli("premise", "It rains.", "Someone sleeps late."));
        SplitOverlap overlap = SplitOverlap.of(train, test, 1, 0.9);
        assertThat(overlap.testSize()).isEqualTo(6);
        assertThat(overlap.exact()).containsExactly("exact");
        assertThat(overlap.maskedInput()).containsExactly("exact", "masked");
        assertThat(overlap.story()).containsExactly("exact", "masked", "story", "premise");
        assertThat(overlap.near()).containsExactly("exact", "near");
        assertThat(overlap.rows().get(0)).isEqualTo(new SplitOverlapRow("exact", true, true, true, true, "train", 1.0));
        assertThat(overlap.rows().get(1))
                .as("8 words are shared; 3, 1, 250 and 5 stand against 40 and 7")
                .isEqualTo(new SplitOverlapRow("masked", false, true, true, false, "train", 7.0 / 13.0));
        assertThat(overlap.rows().get(4)).isEqualTo(new SplitOverlapRow("none", false, false, false, false, null, 0.0));
    }

    @Test
    void theNearestIsAnExactCopyBeforeOtherRowsOfTheSameWords() {
        List<DssExample> train = List.of(row("other-order", "b a"), row("copy", "a b"), row("second copy", "a b"));
        SplitOverlap overlap = SplitOverlap.of(train, List.of(row("test", "a b"), row("case", "A B")), 1, 0.8);
        assertThat(overlap.rows().get(0).nearest()).isEqualTo("copy");
        assertThat(overlap.rows().get(1).nearest()).isEqualTo("other-order");
    }

    @Test
    void theThresholdItselfIsNear() {
        List<DssExample> train = List.of(row("train", "a b c d"));
        List<DssExample> test = List.of(row("test", "a b c d e"));
        assertThat(SplitOverlap.of(train, test, 1, 0.8).near()).containsExactly("test");
        assertThat(SplitOverlap.of(train, test, 1, 0.81).near()).isEmpty();
        assertThatThrownBy(() -> SplitOverlap.of(train, test, 1, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the threshold must be in (0, 1], not 0.0");
        assertThatThrownBy(() -> SplitOverlap.of(train, test, 0, 0.8))
                .hasMessage("a gram must have at least 1 word, not 0");
    }

    @Test
    void emptySplitsOverlapNowhere() {
        assertThat(SplitOverlap.of(List.of(), List.of(row("test", "a")), 1, 0.8).rows())
                .containsExactly(new SplitOverlapRow("test", false, false, false, false, null, 0.0));
        assertThat(SplitOverlap.of(List.of(row("train", "a")), List.of(), 1, 0.8)
                        .rows())
                .isEmpty();
    }

    @Test
    void masksAsLongAListOfNumbersAsThereMayBe() {
        assertThat(Decontamination.maskNumbers("1,".repeat(1_000_000))).isEqualTo("#,");
        assertThat(Decontamination.maskNumbers("$1,250.50, 3.a4")).isEqualTo("$#, #.a#");
    }

    @Test
    @Tag("shared-data")
    void halfOfTheOfficialTestSplitOfSvampHasItsStoryInTraining() throws IOException {
        SplitOverlap overlap = overlap(DssDataSet.SVAMP, 0.8);
        assertThat(overlap.testSize()).isEqualTo(200);
        assertThat(overlap.exact()).isEmpty();
        assertThat(overlap.maskedInput()).isEmpty();
        assertThat(overlap.story())
                .hasSize(105)
                .startsWith("svamp-test-4", "svamp-test-5", "svamp-test-8", "svamp-test-10", "svamp-test-11")
                .endsWith("svamp-test-199");
        assertThat(overlap.near()).hasSize(61);
    }

    @Test
    @Tag("shared-data")
    void nearDuplicatesOfSvampByThreshold() throws IOException {
        List<Integer> sizes = new ArrayList<>();
        for (double threshold : new double[] {0.6, 0.7, 0.8, 0.9}) {
            sizes.add(overlap(DssDataSet.SVAMP, threshold).near().size());
        }
        assertThat(sizes).containsExactly(178, 129, 61, 13);
    }

    @Test
    @Tag("shared-data")
    void theTestSplitOfCqaSharesNoQuestionWithTraining() throws IOException {
        SplitOverlap overlap = overlap(DssDataSet.CQA, 0.8);
        assertThat(overlap.testSize()).isEqualTo(1_221);
        assertThat(overlap.exact()).isEmpty();
        assertThat(overlap.story()).isEmpty();
        assertThat(overlap.near()).hasSize(3);
    }

    @Test
    @Tag("shared-data")
    void adversarialInferenceAsksOfTheSamePremisesInValidationAndTest() throws IOException {
        SplitOverlap overlap = overlap(DssDataSet.ANLI1, 0.8);
        assertThat(overlap.exact()).isEmpty();
        assertThat(overlap.story()).hasSize(316);
        assertThat(overlap.near()).hasSize(286);
    }

    @Test
    @Tag("shared-data")
    void inferenceFromCaptionsHardlyOverlaps() throws IOException {
        SplitOverlap overlap = overlap(DssDataSet.ESNLI, 0.8);
        assertThat(overlap.testSize()).isEqualTo(9_824);
        assertThat(overlap.exact()).isEmpty();
        assertThat(overlap.maskedInput()).isEmpty();
        assertThat(overlap.story()).containsExactly("esnli-test-6460", "esnli-test-6461", "esnli-test-6462");
        assertThat(overlap.near()).containsExactly("esnli-test-1145", "esnli-test-1147");
    }

    private static SplitOverlap overlap(DssDataSet dataSet, double threshold) throws IOException {
        Assumptions.assumeTrue(System.getenv("RETORT_DATA") != null, "RETORT_DATA is not set: needs shared data");
        DataCatalogue catalogue = DataCatalogue.standard();
        return SplitOverlap.of(
                dataSet.load(catalogue, dataSet.splits().get(0)), dataSet.load(catalogue, "test"), 1, threshold);
    }

    private static DssExample row(String id, String input) {
        return new DssExample(id, input, "( 1.0 )", null, null, null, null, null);
    }

    private static DssExample nli(String id, String premise, String hypothesis) {
        return new DssExample(id, premise + "</s>" + hypothesis, "neutral", premise, hypothesis, null, null, null);
    }
}
