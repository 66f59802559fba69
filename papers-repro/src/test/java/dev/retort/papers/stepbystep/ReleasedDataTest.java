package dev.retort.papers.stepbystep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.data.DataCatalogue;
import dev.retort.data.SeededRandom;
import dev.retort.papers.stepbystep.ReleasedConfig.Data;
import dev.retort.papers.stepbystep.ReleasedConfig.RowSpec;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReleasedDataTest {

    @TempDir
    Path folder;

    @Test
    void validationRowsAreApartFromTrainingRowsOfEverySeed() throws IOException {
        ReleasedData data = numbered(20, new Data("train", "test", 3, 6));
        assertThat(data.pool()).hasSize(14);
        assertThat(data.validation()).hasSize(6);
        Set<String> all = new HashSet<>(ids(data.pool()));
        all.addAll(ids(data.validation()));
        assertThat(all).hasSize(20);
        for (int seed = 0; seed < 5; seed++) {
            assertThat(ids(data.train(labels(9), seed))).hasSize(9).doesNotContainAnyElementsOf(ids(data.validation()));
        }
        assertThat(ids(numbered(20, new Data("train", "test", 3, 6)).validation()))
                .isEqualTo(ids(data.validation()));
    }

    @Test
    void aSmallerBudgetLiesWithinALargerOneOfTheSameSeed() throws IOException {
        ReleasedData data = numbered(20, new Data("train", "test", null, 0));
        for (int seed = 0; seed < 3; seed++) {
            assertThat(ids(data.train(labels(12), seed)))
                    .containsAll(ids(data.train(labels(5), seed)))
                    .isSubsetOf(ids(data.pool()));
            assertThat(data.train(fraction(0.25), seed)).isEqualTo(data.train(labels(5), seed));
        }
        assertThat(data.train(labels(12), 1)).isNotEqualTo(data.train(labels(12), 2));
        assertThat(data.train(fraction(null), 0)).isEqualTo(data.pool());
        assertThat(data.train(fraction(1.0), 4)).isEqualTo(data.pool());
    }

    @Test
    void saysWhatIsAskedForTooMuch() throws IOException {
        ReleasedData data = numbered(20, new Data("train", "test", null, 2));
        assertThatThrownBy(() -> data.train(labels(19), 3))
                .isInstanceOf(IOException.class)
                .hasMessage("standard-finetuning.svamp-19.3 asks for 19 training rows; svamp has 18");
    }

    @Test
    void addsAsdivWithAndWithoutWhatIsNearToTheTest() throws IOException {
        ReleasedData data = new ReleasedData(
                DssDataSet.SVAMP,
                new Data("train", "test", null, 0),
                new SmallReleases(folder)
                        .svamp("train", List.of("Bo has 3 cats.|How many?|( 3.0 )|R. The answer is (3)."))
                        .svamp(
                                "test",
                                List.of(
                                        "Al had 7 figs and ate 2 of them.|How many figs are left now?|( 7.0 - 2.0 )|R."
                                                + " The answer is (7 - 2).",
                                        "Cy swam.|How far?|( 1.0 )|R. The answer is (1)."))
                        .asdiv(List.of(
                                // The story of a test row with other numbers; nearly its words; neither.
                                "Al had 9 figs and ate 4 of them.|What is left?|9-4=5|5 (figs)",
                                "Then Al had 7 figs, and ate 2 of them.|How many figs are left now?|7-2=5|5 (figs)",
                                "Di sold 5 pots.|How many pots?|5+0=5|5 (pots)"))
                        .catalogue());
        RowSpec with = row(Method.STANDARD_FINETUNING_ASDIV, null, 1.0, null);
        RowSpec apart = row(Method.STANDARD_FINETUNING_ASDIV_DEDUPLICATED, null, 1.0, null);
        assertThat(ids(data.train(with, 0))).containsExactly("svamp-train-0", "asdiv-0", "asdiv-1", "asdiv-2");
        assertThat(ids(data.train(apart, 0))).containsExactly("svamp-train-0", "asdiv-2");
        assertThat(ids(data.train(fraction(1.0), 0))).containsExactly("svamp-train-0");
    }

    @Test
    void foldsKeepStoriesTogetherAndTrainOnTheOthers() throws IOException {
        ReleasedData data = numbered(20, new Data("train", "test", 1, 0));
        Set<String> tested = new HashSet<>();
        for (int fold = 0; fold < 4; fold++) {
            RowSpec row =
                    new RowSpec(DssDataSet.SVAMP, Method.STANDARD_FINETUNING, null, null, null, fold, 4, null, null);
            List<DssExample> test = data.test(row);
            List<DssExample> train = data.train(row, 0);
            assertThat(test.size() + train.size()).as("train and test split").isEqualTo(24);
            assertThat(stories(train)).doesNotContainAnyElementsOf(stories(test));
            assertThat(data.seenStories(row)).containsOnly(false);
            tested.addAll(ids(test));
        }
        assertThat(tested).hasSize(24);
    }

    @Test
    void tellsWhichTestStoriesAreInTheWholeTrainingSplit() throws IOException {
        ReleasedData data = numbered(20, new Data("train", "test", null, 0));
        // Stories 0 to 9 are in train, whatever the fraction; test rows tell stories 8, 9, 10 and 11.
        assertThat(data.seenStories(fraction(0.1))).containsExactly(true, true, false, false);
        assertThat(data.seenStories(fraction(1.0))).containsExactly(true, true, false, false);
    }

    @Test
    void numbersStoriesAndReadsLessonsWithTheStudentsEndOfSequence() {
        DssExample first = new DssExample("a", "P 1.</s>H.", "neutral", "P 1.", "H.", "T", "R", "entailment");
        DssExample second = new DssExample("b", "Q.</s>H.", "neutral", "Q.", "H.", null, null, null);
        DssExample third = new DssExample("c", "P 2.</s>I.", "neutral", "P 2.", "I.", null, null, null);
        assertThat(ReleasedData.stories(List.of(first, second, third, second))).containsExactly(0, 1, 0, 1);
        assertThat(ReleasedData.lessons(List.of(first, second), "<|im_end|>"))
                .containsExactly(
                        new Lesson("a", "P 1.<|im_end|>H.", "neutral", "entailment", "R"),
                        new Lesson("b", "Q.<|im_end|>H.", "neutral", null, null));
    }

    @Test
    @Tag("shared-data")
    void drawsTheRowsOfTheSmallRecipeFromESnli() throws IOException {
        ReleasedData data = shared(DssDataSet.ESNLI, new Data("valid", "test", 3000, 500));
        assertThat(data.pool()).hasSize(9342);
        assertThat(data.validation()).hasSize(500);
        Set<String> validation = new HashSet<>(ids(data.validation()));
        for (int seed = 0; seed < 3; seed++) {
            List<String> most = ids(data.train(esnli(1098), seed));
            List<String> primary = ids(data.train(esnli(549), seed));
            assertThat(most).hasSize(1098).containsAll(primary).doesNotContainAnyElementsOf(validation);
            assertThat(primary).hasSize(549).containsAll(ids(data.train(esnli(137), seed)));
        }
        assertThat(data.train(esnli(549), 0)).isNotEqualTo(data.train(esnli(549), 1));
        assertThat(data.test(esnli(137))).hasSize(3000).isEqualTo(data.test(esnli(549)));
        // Published rows were trained and tested on these: another draw is another experiment.
        assertThat(List.of(hash(data.test(esnli(549))), hash(data.validation()), hash(data.train(esnli(549), 0))))
                .containsExactly(
                        "284722d1f42f1faacf3b82217b063fc8edc27b609c2059300c6555729579831e",
                        "7b8529a81bdc84eb9a7e420ff9c0ad7021e2919e60483254e4dd56cee70f3959",
                        "cd599c747d7317e3fb318b051a7a4f283f950c3faa404e386984c6bdc39df841");
    }

    @Test
    @Tag("shared-data")
    void usesTheAuthorsSplitOfSvamp() throws IOException {
        ReleasedData data = shared(DssDataSet.SVAMP, new Data("train", "test", null, null));
        assertThat(data.train(fraction(1.0), 3)).hasSize(800);
        assertThat(data.train(fraction(0.25), 0)).hasSize(200);
        assertThat(data.test(fraction(1.0))).hasSize(200);
        boolean[] seen = data.seenStories(fraction(0.25));
        assertThat(IntStream.range(0, 200).filter(i -> seen[i]).count()).isEqualTo(105);
        assertThat(Arrays.stream(data.teacherScores(fraction(1.0))).sum()).isEqualTo(148);

        List<String> plain = ids(data.train(fraction(1.0), 0));
        List<String> with = ids(data.train(row(Method.STANDARD_FINETUNING_ASDIV, null, 1.0, null), 0));
        List<DssExample> apart = data.train(row(Method.STANDARD_FINETUNING_ASDIV_DEDUPLICATED, null, 1.0, null), 0);
        assertThat(with).hasSize(800 + 1530).startsWith(plain.toArray(String[]::new));
        assertThat(ids(apart))
                .hasSize(2323)
                .startsWith(plain.toArray(String[]::new))
                .isSubsetOf(with);
        SplitOverlap left =
                SplitOverlap.of(data.test(fraction(1.0)), apart.subList(800, apart.size()), 1, SplitOverlap.THRESHOLD);
        assertThat(left.near()).isEmpty();
        assertThat(left.story()).isEmpty();
    }

    private ReleasedData shared(DssDataSet dataSet, Data use) throws IOException {
        Assumptions.assumeTrue(System.getenv("RETORT_DATA") != null, "RETORT_DATA is not set: needs shared data");
        return new ReleasedData(dataSet, use, DataCatalogue.standard());
    }

    /** Two rows a story in train, with other numbers; test rows tell the stories 8 to 11. */
    private ReleasedData numbered(int trainRows, Data use) throws IOException {
        List<String> train =
                IntStream.range(0, trainRows).mapToObj(i -> problem(i % 10, i)).toList();
        List<String> test =
                IntStream.range(8, 12).mapToObj(i -> problem(i, 100)).toList();
        return new ReleasedData(
                DssDataSet.SVAMP,
                use,
                new SmallReleases(folder)
                        .svamp("train", train)
                        .svamp("test", test)
                        .catalogue());
    }

    private static String problem(int story, int number) {
        return "abcdefghijkl".charAt(story) + " has " + number + " figs.|How many?|( " + number
                + ".0 )|R. The answer is (" + number + ").";
    }

    private static RowSpec labels(int labels) {
        return row(Method.STANDARD_FINETUNING, labels, null, null);
    }

    private static RowSpec fraction(Double fraction) {
        return row(Method.STANDARD_FINETUNING, null, fraction, null);
    }

    private static RowSpec esnli(int labels) {
        return new RowSpec(DssDataSet.ESNLI, Method.STANDARD_FINETUNING, labels, null, null, null, null, null, null);
    }

    private static RowSpec row(Method method, Integer labels, Double fraction, List<Integer> seeds) {
        return new RowSpec(DssDataSet.SVAMP, method, labels, fraction, null, null, null, null, seeds);
    }

    private static List<String> ids(List<DssExample> rows) {
        return rows.stream().map(DssExample::id).toList();
    }

    private static Set<String> stories(List<DssExample> rows) {
        Set<String> stories = new HashSet<>();
        rows.forEach(row -> stories.add(SplitOverlap.maskedStory(row)));
        return stories;
    }

    private static String hash(List<DssExample> rows) {
        return SeededRandom.sha256Hex(String.join("\n", ids(rows)));
    }
}
