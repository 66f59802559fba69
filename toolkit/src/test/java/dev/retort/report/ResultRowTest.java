package dev.retort.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ResultRowTest {

    private static final ResultRow ROW = ResultRow.of("step-by-step", "tiny", "e-SNLI", "137 labels", "accuracy (%)");

    @Test
    void isEmptyUntilFilled() {
        assertThat(ROW.ours()).isNull();
        assertThat(ROW.effect()).isNull();
        assertThat(ROW.verdict()).isNull();
        assertThat(ROW.rows()).isEmpty();
        assertThat(ROW.note()).isEmpty();
    }

    @Test
    void takesAnEffectItsVerdictAndWhatCouldHaveBeenSeen() {
        ResultRow row = ROW.withPublished(73.6, 10.6)
                .withEffect(new PairedEffect(1.5, 1, 9, -0.7, 3.7, 3.14159, 300, 300, 3))
                .withRows(List.of("step-by-step.137.0", "standard.137.0"));

        assertThat(row.verdict()).isEqualTo(Verdict.INCONCLUSIVE);
        assertThat(row.note()).isEqualTo("minimal detectable effect 3.14");
        assertThat(row.n()).isEqualTo(300);
        assertThat(row.seeds()).isEqualTo(3);
        assertThat(row.effectLow()).isEqualTo(-0.7);
        assertThat(row.published()).isEqualTo(73.6);
    }

    @Test
    void anUnknownIntervalStaysEmpty() {
        ResultRow row = ROW.withPublished(null, 1.0)
                .withEffect(PairedEffect.of(Map.of(0, new double[] {1}), Map.of(0, new double[] {0})));

        assertThat(row.effect()).isEqualTo(1);
        assertThat(row.effectLow()).isNull();
        assertThat(row.effectHigh()).isNull();
        assertThat(row.verdict()).isEqualTo(Verdict.INCONCLUSIVE);
        assertThat(row.note()).isEmpty();
    }

    @Test
    void saysWhyItIsNotComparable() {
        ResultRow row = ROW.withNote("another model").notComparable("another test set");

        assertThat(row.verdict()).isEqualTo(Verdict.NOT_COMPARABLE);
        assertThat(row.note()).isEqualTo("another model; another test set");
    }

    @Test
    void takesAValueWithoutSamplingError() {
        assertThat(ROW.withOurs(751, 1000).ours()).isEqualTo(751);
        assertThat(ROW.withOurs(751, 1000).oursSe()).isNull();
    }

    @Test
    void refusesWhatIsNoResult() {
        assertThatThrownBy(() -> ROW.withPublished(Double.NaN, null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("row step-by-step, e-SNLI: NaN is no result; leave the cell empty");
        assertThatThrownBy(() -> ROW.withRows(List.of("a b"))).hasMessage("a row's name must have no blanks: \"a b\"");
    }
}
