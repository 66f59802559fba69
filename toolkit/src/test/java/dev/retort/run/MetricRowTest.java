package dev.retort.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MetricRowTest {

    @Test
    void keepsTheOrderOfNamesAndEveryDigit() {
        Map<String, Double> values = new LinkedHashMap<>();
        values.put("loss", 0.1 + 0.2);
        values.put("learning_rate", 5e-5);
        values.put("a", 3.0);

        String line = new MetricRow(12, values).format();

        assertThat(line).isEqualTo("{\"step\":12,\"loss\":0.30000000000000004,\"learning_rate\":5.0E-5,\"a\":3.0}");
        assertThat(MetricRow.parse(line)).isEqualTo(new MetricRow(12, values));
    }

    @Test
    void whatIsNotFiniteIsNullInTheFile() {
        String line = new MetricRow(1, Map.of("loss", Double.NaN)).format();

        assertThat(line).isEqualTo("{\"step\":1,\"loss\":null}");
        assertThat(MetricRow.parse(line).values().get("loss")).isNaN();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "1",
                "{}",
                "{\"step\":1.5}",
                "{\"step\":-1}",
                "{\"step\":1,\"loss\":\"x\"}",
                "{\"step\":1",
                "{\"step\":1}x"
            })
    void refusesWhatIsNoRow(String line) {
        assertThatThrownBy(() -> MetricRow.parse(line)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void refusesAMetricNamedStep() {
        assertThatThrownBy(() -> new MetricRow(1, Map.of("step", 1.0))).hasMessage("a metric must not be named step");
    }
}
