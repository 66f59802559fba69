package dev.retort.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class ExposureBiasTest {

    private static final Offset<Double> CLOSE = within(1e-12);

    private static final List<List<double[]>> STUDENT =
            List.of(List.of(new double[] {1, 2}, new double[] {3}), List.of(new double[] {2}, new double[] {4, 6, 8}));
    private static final List<List<double[]>> TEACHER =
            List.of(List.of(new double[] {1, 1}, new double[] {1}), List.of(new double[] {2}, new double[] {2, 3}));

    @Test
    void accumulatesTheMeanOfTheSamplesThatRun() {
        List<ExposureBias> curve = ExposureBias.curve(STUDENT, TEACHER, 4);

        assertThat(curve).extracting(ExposureBias::length).containsExactly(1, 2, 3, 4);
        assertThat(curve).extracting(ExposureBias::studentError).containsExactly(2.5, 6.5, 10.5, 10.5);
        assertThat(curve).extracting(ExposureBias::teacherError).containsExactly(1.5, 3.5, 3.5, 3.5);
        assertThat(curve.get(0).excess()).isCloseTo(200 / 3.0, CLOSE);
        assertThat(curve.get(1).excess()).isCloseTo(600 / 7.0, CLOSE);
        assertThat(curve.get(2).excess()).isCloseTo(200, CLOSE);
    }

    @Test
    void itsErrorIsThatOfARatioOverPrompts() {
        List<ExposureBias> curve = ExposureBias.curve(STUDENT, TEACHER, 3);

        // Residuals 2 - 5/3 and 3 - 2 x 5/3; then 4 - 3 x 2 and 17 - 3 x 5.
        assertThat(curve.get(0).standardError()).isCloseTo(200 / 9.0, CLOSE);
        assertThat(curve.get(2).standardError()).isCloseTo(400 / 7.0, CLOSE);
    }

    @Test
    void itsErrorIsTheSpreadOverRepeatedDraws() {
        SplittableRandom random = new SplittableRandom(11);
        int repeats = 400;
        double sum = 0;
        double squares = 0;
        double errors = 0;
        for (int repeat = 0; repeat < repeats; repeat++) {
            List<List<double[]>> student = new ArrayList<>();
            List<List<double[]>> teacher = new ArrayList<>();
            for (int prompt = 0; prompt < 60; prompt++) {
                double hardness = 0.5 + random.nextDouble();
                student.add(List.of(new double[] {hardness * random.nextDouble(), hardness * 2 * random.nextDouble()}));
                teacher.add(List.of(new double[] {hardness * random.nextDouble(), hardness * random.nextDouble()}));
            }
            ExposureBias last = ExposureBias.curve(student, teacher, 2).get(1);
            sum += last.excess();
            squares += last.excess() * last.excess();
            errors += last.standardError();
        }
        double mean = sum / repeats;
        assertThat(mean).isCloseTo(50, within(2.0));
        assertThat(errors / repeats).isCloseTo(Math.sqrt(squares / repeats - mean * mean), within(1.0));
    }

    @Test
    void isZeroWhereBothAreTheSame() {
        ExposureBias bias = ExposureBias.curve(STUDENT, STUDENT, 2).get(1);
        assertThat(bias.excess()).isZero();
        assertThat(bias.standardError()).isZero();
    }

    @Test
    void isNotANumberWhereTheTeacherSideIsZero() {
        List<List<double[]>> none = List.of(List.of(new double[] {0}), List.of(new double[] {}));
        for (List<List<double[]>> student : List.of(STUDENT, none)) {
            ExposureBias bias = ExposureBias.curve(student, none, 1).get(0);
            assertThat(bias.teacherError()).isZero();
            assertThat(bias.excess()).isNaN();
            assertThat(bias.standardError()).isNaN();
        }
    }

    @Test
    void onePromptHasNoStandardError() {
        ExposureBias bias = ExposureBias.curve(STUDENT.subList(0, 1), TEACHER.subList(0, 1), 1)
                .get(0);
        assertThat(bias.excess()).isEqualTo(100);
        assertThat(bias.standardError()).isNaN();
    }

    @Test
    void refusesWhatDoesNotFit() {
        assertThat(ExposureBias.curve(STUDENT, TEACHER, 0)).isEmpty();
        assertThatThrownBy(() -> ExposureBias.curve(List.of(), List.of(), 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "0 prompts of the student and 0 of the teacher: give the same prompts to both, at least one");
        assertThatThrownBy(() -> ExposureBias.curve(STUDENT, TEACHER.subList(0, 1), 1))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> ExposureBias.curve(List.of(List.of()), TEACHER.subList(0, 1), 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("a prompt has no samples");
        List<List<double[]>> infinite = List.of(List.of(new double[] {Double.POSITIVE_INFINITY}));
        assertThatThrownBy(() -> ExposureBias.curve(infinite, TEACHER.subList(0, 1), 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("a value is infinite or NaN");
    }
}
