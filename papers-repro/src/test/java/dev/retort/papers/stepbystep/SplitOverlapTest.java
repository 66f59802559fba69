package dev.retort.papers.stepbystep;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retort.data.DataCatalogue;
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
        assertThat(overlap)
                .isEqualTo(new SplitOverlap(
                        6,
                        List.of("exact"),
                        List.of("exact", "masked"),
                        List.of("exact", "masked", "story", "premise"),
                        List.of("exact", "near")));
    }

    @Test
    @Tag("shared-data")
    void halfOfTheOfficialTestSplitOfSvampHasItsStoryInTraining() throws IOException {
        SplitOverlap overlap = overlap(DssDataSet.SVAMP, 0.8);
        assertThat(overlap.testSize()).isEqualTo(200);
        assertThat(overlap.exact()).isEmpty();
        assertThat(overlap.masked()).isEmpty();
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
