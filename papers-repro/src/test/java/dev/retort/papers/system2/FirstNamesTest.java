package dev.retort.papers.system2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FirstNamesTest {

    @Test
    void theListIsSortedAndOfPlainWords() {
        assertThat(FirstNames.all())
                .hasSize(1684)
                .isSorted()
                .doesNotHaveDuplicates()
                .allMatch(name -> name.matches("[A-Z][a-z]+"));
    }

    @Test
    void everyNameIsDealtOnce() {
        FirstNames names = new FirstNames(0);
        List<String> both = new ArrayList<>(names.train());
        both.addAll(names.test());
        assertThat(both).hasSameElementsAs(FirstNames.all()).hasSize(1684);
        assertThat(names.test()).hasSize(335);
        assertThat(new FirstNames(0).test()).isEqualTo(names.test());
        assertThat(new FirstNames(1).test()).isNotEqualTo(names.test());
    }

    @Test
    void noDrawSharesAGroupWithAnother() {
        FirstNames names = new FirstNames(7);
        // Pairs of a pool of this size collide often when nothing keeps them apart.
        Set<String> train = keys(names.draw(NameUse.TRAIN, 4000, 2, Set.of()));
        Set<String> seen = keys(names.draw(NameUse.SEEN_NAMES, 2000, 2, Set.of()));
        assertThat(train).hasSize(4000).doesNotContainAnyElementsOf(seen);
        assertThat(seen).hasSize(2000);
    }

    @Test
    void poolsAreKeptApart() {
        FirstNames names = new FirstNames(7);
        for (NameUse use : NameUse.values()) {
            List<String> pool = use == NameUse.UNSEEN_NAMES ? names.test() : names.train();
            assertThat(names.draw(use, 200, 4, Set.of()))
                    .allSatisfy(group ->
                            assertThat(group).hasSize(4).doesNotHaveDuplicates().isSubsetOf(pool));
        }
    }

    @Test
    void fewerAreTheFirstOfMore() {
        FirstNames names = new FirstNames(7);
        assertThat(names.draw(NameUse.TRAIN, 100, 4, Set.of()).subList(0, 40))
                .isEqualTo(names.draw(NameUse.TRAIN, 40, 4, Set.of()));
    }

    @Test
    void reservedGroupsAreNotDrawnInAnyOrder() {
        FirstNames names = new FirstNames(7);
        List<List<String>> before = names.draw(NameUse.TRAIN, 3, 2, Set.of());
        String reserved =
                FirstNames.key(List.of(before.get(1).get(1), before.get(1).get(0)));
        List<List<String>> after = names.draw(NameUse.TRAIN, 3, 2, Set.of(reserved));
        assertThat(after.get(0)).isEqualTo(before.get(0));
        assertThat(after.get(1)).isNotEqualTo(before.get(1));
        assertThat(keys(after)).doesNotContain(reserved);
    }

    @Test
    void saysWhenThereAreNotSoMany() {
        FirstNames names = new FirstNames(7);
        assertThatThrownBy(() -> names.draw(NameUse.UNSEEN_NAMES, 1000, 1, Set.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .message()
                .startsWith("found no new group of 1 names for unseen-names after ")
                .endsWith("; draw fewer or larger groups");
        assertThatThrownBy(() -> names.draw(NameUse.TRAIN, 1, 51, Set.of()))
                .hasMessage("cannot draw 1 groups of 51 names; a group has 1 to 50 names");
    }

    private static Set<String> keys(List<List<String>> groups) {
        Set<String> keys = new HashSet<>();
        groups.forEach(group -> keys.add(FirstNames.key(group)));
        return keys;
    }
}
