package dev.retort.papers.stepbystep;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retort.data.Question;
import dev.retort.data.SeededRandom;
import dev.retort.data.TeacherSample;
import dev.retort.filter.NearDuplicateFilter;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class SplitOverlapIndexTest {

    @Test
    void findsWhatComparingEveryPairFinds() {
        RandomGenerator random = SeededRandom.of(7, "split-overlap-index-test");
        for (int round = 0; round < 50; round++) {
            List<String> texts = texts(random, 40);
            SplitOverlapIndex index = new SplitOverlapIndex(texts, 1);
            for (String text : texts(random, 20)) {
                assertThat(index.nearest(text)).as(text).isEqualTo(byEveryPair(texts, text));
            }
        }
    }

    @Test
    void agreesWithTheFilterOnWhatIsNear() {
        RandomGenerator random = SeededRandom.of(8, "split-overlap-index-test");
        int near = 0;
        for (int words = 1; words <= 3; words++) {
            List<String> texts = texts(random, 60);
            SplitOverlapIndex index = new SplitOverlapIndex(texts, words);
            NearDuplicateFilter filter = new NearDuplicateFilter(
                    texts.stream().map(SplitOverlapIndexTest::question).toList(), words, 0.5);
            for (String text : texts(random, 60)) {
                SplitOverlapIndex.Match match = index.nearest(text);
                boolean isNear = match != null && match.common() >= 0.5 * match.union();
                assertThat(isNear).as(text).isEqualTo(isNear(filter, text));
                near += isNear ? 1 : 0;
            }
        }
        assertThat(near).as("both answers occur").isBetween(10, 170);
    }

    @Test
    void cutsWordsAtPunctuationAndBetweenLettersAndDigits() {
        SplitOverlapIndex index = new SplitOverlapIndex(List.of("5kg of \u00c4pfel, \ud835\udc00!"), 1);
        assertThat(index.nearest("\u00e4PFEL")).isEqualTo(new SplitOverlapIndex.Match(0, 1, 5));
        assertThat(index.nearest("5 kg")).isEqualTo(new SplitOverlapIndex.Match(0, 2, 5));
        assertThat(index.nearest("\ud835\udc00")).isEqualTo(new SplitOverlapIndex.Match(0, 1, 5));
        assertThat(index.nearest("kilogram")).isNull();
        assertThat(index.nearest("...")).as("a text without words").isNull();
    }

    private static SplitOverlapIndex.Match byEveryPair(List<String> texts, String text) {
        SplitOverlapIndex.Match best = null;
        Set<String> words = Set.copyOf(List.of(text.split(" ")));
        for (int i = 0; i < texts.size(); i++) {
            Set<String> others = Set.copyOf(List.of(texts.get(i).split(" ")));
            Set<String> shared = new HashSet<>(words);
            shared.retainAll(others);
            int union = words.size() + others.size() - shared.size();
            boolean nearer = best == null
                    ? !shared.isEmpty()
                    : (long) shared.size() * best.union() > (long) best.common() * union;
            if (nearer) {
                best = new SplitOverlapIndex.Match(i, shared.size(), union);
            }
        }
        return best;
    }

    /** Texts of 1 to 8 words, common ones much more often than rare ones. */
    private static List<String> texts(RandomGenerator random, int count) {
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            List<String> words = new ArrayList<>();
            int length = 1 + random.nextInt(8);
            for (int j = 0; j < length; j++) {
                words.add("w" + "x".repeat(random.nextInt(1 + random.nextInt(12))));
            }
            texts.add(String.join(" ", words));
        }
        return texts;
    }

    private static boolean isNear(NearDuplicateFilter filter, String text) {
        TeacherSample sample =
                new TeacherSample("q", "t", List.of(), 0, "", null, null, "stop", "none", null, null, Map.of());
        return !filter.judge(question(text), List.of(sample)).get(0).isKept();
    }

    private static Question question(String text) {
        return Question.ofText("q", "t", text, null);
    }
}
