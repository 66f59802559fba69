package dev.retort.answer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class MetricTest {

    @Test
    void namesAreThoseOfTheCommandLine() {
        assertThat(Arrays.stream(Metric.values()).map(Metric::title))
                .containsExactly("exact-match", "math-equivalence", "numeric", "rouge-l");
        for (Metric metric : Metric.values()) {
            assertThat(Metric.fromName(metric.title())).isEqualTo(metric);
        }
    }

    @Test
    void anUnknownNameGetsTheNearest() {
        assertThatThrownBy(() -> Metric.fromName("rougeL"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("unknown metric \"rougeL\": did you mean rouge-l? "
                        + "The metrics are exact-match, math-equivalence, numeric, rouge-l");
        assertThatThrownBy(() -> Metric.fromName("EXACT_MATCH")).hasMessageContaining("did you mean exact-match?");
        assertThatThrownBy(() -> Metric.fromName("math")).hasMessageContaining("did you mean math-equivalence?");
    }

    @Test
    void exactMatchIgnoresBlanksOnly() {
        assertThat(Metric.EXACT_MATCH.score(" populated \n areas", List.of("x", "populated areas")))
                .isEqualTo(1);
        assertThat(Metric.EXACT_MATCH.score("Populated areas", List.of("populated areas")))
                .isEqualTo(0);
    }

    @Test
    void mathEquivalenceTakesTheBoxOrTheWhole() {
        Metric metric = Metric.MATH_EQUIVALENCE;
        assertThat(metric.score("So it is $\\boxed{\\dfrac12}$.", List.of("7", "0.50")))
                .isEqualTo(1);
        assertThat(metric.score("1,000", List.of("The sum is \\boxed{1000}."))).isEqualTo(1);
        assertThat(metric.score("\\boxed{3", List.of("3"))).isEqualTo(0);
        assertThat(metric.score("2", List.of("3"))).isEqualTo(0);
    }

    @Test
    void numericTakesTheLastNumber() {
        assertThat(Metric.NUMERIC.score("That makes $1,234.50.", List.of("#### 1234.5")))
                .isEqualTo(1);
        assertThat(Metric.NUMERIC.score("none", List.of("none"))).isEqualTo(0);
    }

    @Test
    void rougeTakesTheBestReference() {
        assertThat(Metric.ROUGE_L.score("a b", List.of("c d", "a c"))).isEqualTo(0.5);
    }

    @Test
    void noReferenceIsAnError() {
        for (Metric metric : Metric.values()) {
            assertThatThrownBy(() -> metric.score("a", List.of()))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("references are empty: " + metric.title() + " needs at least one");
        }
    }

    @Property(tries = 300, seed = "20240601")
    void everyScoreIsInTheUnitInterval(@ForAll Metric metric, @ForAll String prediction, @ForAll String reference) {
        assertThat(metric.score(prediction, List.of(reference))).isBetween(0.0, 1.0);
    }
}
