package dev.retort.papers.stepbystep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.data.DataCatalogue;
import dev.retort.data.SeededRandom;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class StoryFoldsTest {

    @Test
    void keepsStoriesTogetherAndEvensOutSizes() {
        List<DssExample> rows = List.of(
                row("0", "Ann has 3 figs."),
                row("1", "Bob has 3 figs."),
                row("2", "Ann has 14 figs."),
                row("3", "Cy sits."),
                row("4", "Ann has 1,000 figs."),
                row("5", "Cy sits."));
        List<List<DssExample>> folds = StoryFolds.of(rows, 2, 7);
        assertThat(ids(folds.get(0))).containsExactly("0", "2", "4");
        assertThat(ids(folds.get(1))).containsExactly("1", "3", "5");
        assertThat(ids(StoryFolds.trainingRows(folds, 0))).containsExactly("1", "3", "5");
    }

    @Test
    void refusesMoreFoldsThanStories() {
        assertThatThrownBy(() -> StoryFolds.of(List.of(row("0", "A 1."), row("1", "A 2.")), 2, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("folds must be 2 to 1, the number of stories, not 2");
    }

    @Test
    @Tag("shared-data")
    void foldsAllOfSvampWithoutASharedStory() throws IOException {
        Assumptions.assumeTrue(System.getenv("RETORT_DATA") != null, "RETORT_DATA is not set: needs shared data");
        List<DssExample> all = new ArrayList<>();
        for (String split : DssDataSet.SVAMP.splits()) {
            all.addAll(DssDataSet.SVAMP.load(DataCatalogue.standard(), split));
        }
        assertThat(all.stream().map(SplitOverlap::maskedStory).distinct()).hasSize(655);

        List<List<DssExample>> folds = StoryFolds.of(all, 5, 0);
        List<Integer> near = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            SplitOverlap overlap = SplitOverlap.of(StoryFolds.trainingRows(folds, i), folds.get(i), 1, 0.8);
            assertThat(overlap.testSize()).isEqualTo(200);
            assertThat(overlap.story()).isEmpty();
            near.add(overlap.near().size());
        }
        assertThat(near).as("near duplicates that are stories of other words").containsExactly(34, 48, 48, 56, 50);
        assertThat(SeededRandom.sha256Hex(
                        folds.stream().map(StoryFoldsTest::ids).toList().toString()))
                .isEqualTo("fdeb6bca27d6ad2a51f4f18cfd15a58101ce4ce14d842a3b78bd11f644de808e");
    }

    private static DssExample row(String id, String story) {
        return new DssExample(id, story + "\nHow many?", "( 1.0 )", null, null, null, null, null);
    }

    private static List<String> ids(List<DssExample> rows) {
        return rows.stream().map(DssExample::id).toList();
    }
}
