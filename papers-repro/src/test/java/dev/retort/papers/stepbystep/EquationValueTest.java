package dev.retort.papers.stepbystep;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Expected values are those of Python's eval. */
class EquationValueTest {

    @ParameterizedTest
    @CsvSource({
        "(10 * 45), 450",
        "(53 + 17) and (14 - 10), 4",
        "((28 - 13) and (28 - 15)), 13",
        "( ((29/2) and (30/2)) ), 15",
        "(34 + 40) and (62 - 17), 45",
        "(1)and(2)and 3, 3",
        "(5 - 5) and (3), 0",
        "3 and 0 and 7, 0"
    })
    void isThatOfPython(String equation, double value) {
        assertThat(EquationValue.of(equation)).hasValue(value);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "(175, 5)",
                "(some bags + 4 bags)",
                "(1) and",
                "and (1)",
                "(1) and (some)",
                "(1) band (2)",
                "(1) and2",
                "(1) and (2",
                "and",
                "1) and (2",
                " ",
                ""
            })
    void isNoneWherePythonRefusesOrGivesNoNumber(String equation) {
        assertThat(EquationValue.of(equation)).isEmpty();
        assertThat(EquationValue.equal(equation, equation)).isFalse();
    }

    @Test
    void needsEveryOperandWherePythonWouldStopAtZero() {
        assertThat(EquationValue.of("0 and 1 / 0")).isEmpty();
    }

    @Test
    void hostileLengthsAndDepthsAreRefused() {
        assertThat(EquationValue.of("1 and ".repeat(1000) + "1")).isEmpty();
        assertThat(EquationValue.of("(".repeat(1000) + "1 and 2" + ")".repeat(1000)))
                .isEmpty();
        assertThat(EquationValue.of("(".repeat(4000) + "and")).isEmpty();
    }
}
