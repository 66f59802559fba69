package dev.retort.answer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.Chars;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NumericAnswerTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "The answer is 72. | 72",
                "She has 3 apples and 4 pears | 4",
                "It costs $1,234,567.89 in all | 1234567.89",
                "-$5.50 | -5.5",
                "$-3 | -3",
                "\\$12 | 12",
                "-\\$12 | -12",
                "50% of them | 50",
                "x = -7 | -7",
                "x = - 7 | -7",
                "10 - 7 | 7",
                "10-7 | 7",
                "(8)-7 | 7",
                "\u22124 | -4",
                ".5 | 0.5",
                "2.50. | 2.5",
                "3/4 | 0.75",
                "-3/4 | -0.75",
                "12 / 5 cups | 2.4",
                "1 3/4 cups | 1.75",
                "-1 1/2 | -1.5",
                "on 9/11/2001 | 2001",
                "5/0 | 0",
                "\\frac{3}{4} | 0.75",
                "-\\dfrac{3}{4} | -0.75",
                "\\frac{-3}{4} | -0.75",
                "\\frac34 | 0.75",
                "2\\frac{1}{2} | 2.5",
                "\\frac{x}{4} | 4",
                "1e-3 | 0.001",
                "3 \\times 10^{5} | 300000",
                "2.5 \u00d7 10^-2 | 0.025",
                "1{,}234 | 1234",
                "1,\\!234 | 1234",
                "1,2345 | 2345",
                "1, 2, 3 | 3",
                "12,34 | 34",
            })
    void readsTheLastNumber(String text, double value) {
        assertThat(NumericAnswer.extract(text)).hasValue(value);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "none", "#### ", "\\boxed{x}", "\\frac{1}{0}", "\\frac{x}{y}", "- / . ,", "\u0661", "1e999"})
    void readsNothingButNumbers(String text) {
        assertThat(NumericAnswer.extract(text)).isEmpty();
    }

    @Test
    void theGsm8kMarkerComesFirst() {
        assertThat(NumericAnswer.extract("2 + 2 = 4\n#### 72\n\nQ: 5 birds\n#### 9"))
                .hasValue(72);
        assertThat(NumericAnswer.extract("####-$1,200 and 3")).hasValue(-1200);
        assertThat(NumericAnswer.extract("#### 1. Add\n2 + 2 is 4")).hasValue(4);
        assertThat(NumericAnswer.extract("#### 18.\n")).hasValue(18);
        assertThat(NumericAnswer.extract("#### unknown, perhaps 3")).hasValue(3);
        assertThat(NumericAnswer.extract("\\boxed{5}\n#### 6")).hasValue(6);
    }

    @Test
    void theLastBoxComesBeforeTheText() {
        assertThat(NumericAnswer.extract("\\boxed{1} then \\boxed{\\frac{7}{2}} by step 3"))
                .hasValue(3.5);
        assertThat(NumericAnswer.extract("\\boxed{no} by step 3")).isEmpty();
        assertThat(NumericAnswer.extract("\\boxed{12")).hasValue(12);
    }

    @Test
    void wholeNumbersAreEqualExactlyAndOthersNearly() {
        assertThat(NumericAnswer.equal("72.0", "#### 72")).isTrue();
        assertThat(NumericAnswer.equal("1000001", "1000000")).isFalse();
        assertThat(NumericAnswer.equal("0.3333333", "1/3")).isTrue();
        assertThat(NumericAnswer.equal("0.3333", "1/3")).isFalse();
        assertThat(NumericAnswer.equal("-5", "5")).isFalse();
        assertThat(NumericAnswer.equal("none", "none")).isFalse();
        assertThat(NumericAnswer.close(0, 1e-12)).isFalse();
    }

    @Test
    void longTextsTakeLinearTime() {
        assertThat(NumericAnswer.extract("1" + ",000".repeat(100_000))).isEmpty();
        assertThat(NumericAnswer.extract("1/".repeat(200_000) + "7")).hasValue(7);
        assertThat(NumericAnswer.extract("\\frac".repeat(100_000) + "7")).hasValue(7);
        assertThat(NumericAnswer.extract("#### ".repeat(100_000) + "7")).hasValue(7);
        assertThat(NumericAnswer.extract("-".repeat(300_000) + "7")).hasValue(-7);
    }

    @Property(seed = "20240601")
    void anyTextIsReadOrRefused(@ForAll String text) {
        NumericAnswer.extract(text).ifPresent(value -> assertThat(value).isFinite());
    }

    @Property(seed = "20240601")
    void anyTextOfItsAlphabetIsReadOrRefused(
            @ForAll
                    @StringLength(max = 30)
                    @CharRange(from = '0', to = '9')
                    @Chars({',', '.', '/', '-', '$', '\\', '{', '}', ' ', '#', '^', 'e', 'x'})
                    String text) {
        NumericAnswer.extract(text).ifPresent(value -> assertThat(value).isFinite());
    }

    @Property(seed = "20240601")
    void readsBackWhatJavaWrites(@ForAll double value) {
        assertThat(NumericAnswer.extract("so it is " + value + ".")).hasValue(value + 0.0);
    }

    /** GSM8K's published model solutions; the set's own flags say 286, 515, 458 and 742 are right. */
    @Test
    @Tag("shared-data")
    void agreesWithGsm8kModelSolutions() throws IOException {
        int disagreements = 0;
        int[] right = new int[4];
        String[] models = {"6b_finetuning", "6b_verification", "175b_finetuning", "175b_verification"};
        var rows = AnswerGolden.sharedRows(AnswerGolden.shared("gsm8k/example_model_solutions.jsonl.gz"));
        for (JsonNode row : rows) {
            for (int i = 0; i < models.length; i++) {
                JsonNode model = row.get(models[i]);
                boolean equal = NumericAnswer.equal(
                        model.get("solution").asText(), row.get("ground_truth").asText());
                right[i] += equal ? 1 : 0;
                disagreements += equal == model.get("is_correct").asBoolean() ? 0 : 1;
            }
        }
        assertThat(rows).hasSize(1_319);
        assertThat(right).containsExactly(286, 515, 458, 742);
        assertThat(disagreements).isEqualTo(0);
    }
}
