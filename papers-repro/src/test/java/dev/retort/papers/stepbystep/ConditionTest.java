package dev.retort.papers.stepbystep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class ConditionTest {

    @Test
    void textAndValueAreOneToOne() {
        assertBothWays(Condition.ofLabels(137), "labels=137");
        assertBothWays(Condition.ofFraction(0.25), "fraction=0.25");
        assertBothWays(Condition.ofFraction(0.001), "fraction=0.001");
        assertBothWays(Condition.ofLabels(549).withLayers(20), "labels=549 layers=20");
        assertBothWays(Condition.ofFraction(1).withLayers(10), "fraction=1 layers=10");
        assertBothWays(new Condition(OptionalInt.empty(), OptionalDouble.empty(), OptionalInt.of(20)), "layers=20");
        assertBothWays(new Condition(OptionalInt.empty(), OptionalDouble.empty(), OptionalInt.empty()), "");
    }

    private static void assertBothWays(Condition condition, String text) {
        assertThat(condition).hasToString(text);
        assertThat(Condition.parse(text)).isEqualTo(condition);
    }

    @Test
    void readsOtherSpellingsOfOneCondition() {
        assertThat(Condition.parse("layers=20 labels=137")).hasToString("labels=137 layers=20");
        assertThat(Condition.parse("fraction=1.00")).isEqualTo(Condition.ofFraction(1));
        assertThat(Condition.parse("labels=137 layers=20").withoutLayers()).isEqualTo(Condition.ofLabels(137));
    }

    @Test
    void otherTextsAreNoCondition() {
        for (String text : new String[] {
            "labels",
            "labels=",
            "labels=-1",
            "labels=1.5",
            "labels=1e3",
            "labels=9999999999",
            "labels=1  layers=2",
            " labels=1",
            "labels=1 ",
            "labels=1 labels=1",
            "labels=1 overlap=yes",
            "fraction=.5",
            "fraction=NaN",
            "Labels=1",
            "layers=2.5"
        }) {
            assertThat(Condition.find(text)).as(text).isEmpty();
        }
        assertThatThrownBy(() -> Condition.parse("alpha=0.5"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("condition 'alpha=0.5' is not of the form 'labels=137', 'fraction=0.25' or 'labels=137"
                        + " layers=20'");
    }

    @Test
    void refusesValuesOutOfRange() {
        assertRefused("labels=0", "labels must be at least 1");
        assertRefused("layers=0", "layers must be at least 1");
        assertRefused("fraction=0", "fraction must be above 0 and at most 1");
        assertRefused("fraction=1.01", "fraction must be above 0 and at most 1");
        assertRefused("labels=1 fraction=1", "a condition has labels or a fraction, not both");
        assertThatThrownBy(() -> Condition.ofFraction(Double.NaN)).isInstanceOf(IllegalArgumentException.class);
    }

    private static void assertRefused(String text, String message) {
        assertThatThrownBy(() -> Condition.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }
}
