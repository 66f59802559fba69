package dev.retort.filter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retort.answer.MathEquivalence;
import dev.retort.answer.NumericAnswer;
import dev.retort.data.Question;
import org.junit.jupiter.api.Test;

class ReferenceMatchFilterTest {

    @Test
    void keepsTheReferenceOnly() {
        assertThat(Samples.words(new ReferenceMatchFilter(NumericAnswer::equal)
                        .judge(Samples.QUESTION, Samples.answers("2", "2.0", "3", null))))
                .containsExactly("kept", "kept", "wrong-answer", "no-answer");
        Question half = Question.ofText("q1", "t", "What is half?", "\\frac{1}{2}");
        assertThat(Samples.words(new ReferenceMatchFilter(MathEquivalence::equal)
                        .judge(half, Samples.answers("\\dfrac12", "1", "\\frac{1}{2}"))))
                .containsExactly("kept", "wrong-answer", "kept");
    }

    @Test
    void withoutAReferenceNothingIsKept() {
        Question none = Question.ofText("q1", "t", "What is 1 + 1?", null);
        assertThat(Samples.words(new ReferenceMatchFilter(String::equals).judge(none, Samples.answers("2", null))))
                .containsExactly("no-reference", "no-reference");
    }
}
