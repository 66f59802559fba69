package dev.retort.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AnswerFormTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "TEXT|Yes.|\"yes\"|true",
                "TEXT|2|2.0|false",
                "NUMBER|It is 2.0|2|true",
                "NUMBER|1,000|1000|true",
                "NUMBER|0.333333|1/3|true",
                "NUMBER|1000001|1000000|false",
                "NUMBER|0|-0.0|true",
                "NUMBER|none|none|false",
                "MATH|\\dfrac12|\\frac{1}{2}|true",
                "MATH|x+1|1+x|true",
                "MATH|x|y|false"
            })
    void normalFormAndEqualityAgree(AnswerForm form, String first, String second, boolean equal) {
        assertThat(form.equality().test(first, second)).isEqualTo(equal);
        String normal = form.normaliser().apply(first);
        assertThat(!normal.isBlank() && normal.equals(form.normaliser().apply(second)))
                .isEqualTo(equal);
    }

    @Test
    void hasNames() {
        assertThat(AnswerForm.fromName("math")).isEqualTo(AnswerForm.MATH);
        assertThat(AnswerForm.NUMBER.title()).isEqualTo("number");
        assertThatThrownBy(() -> AnswerForm.fromName("maths"))
                .hasMessage("no form of answers is named maths; did you mean math? There are text, number, math");
    }
}
