package dev.retort.teacher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.answer.AnswerCut;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class System2MethodTest {

    private final ScriptedReplies base = new ScriptedReplies();

    @Test
    void namesAreTheRecipes() {
        assertThat(Arrays.stream(System2Method.values()).map(System2Method::title))
                .containsExactly("rar-1-step", "rar-2-step", "s2a", "bsm", "cot");
        for (System2Method method : System2Method.values()) {
            assertThat(System2Method.of(method.title())).isEqualTo(method);
        }
        assertThatThrownBy(() -> System2Method.of("rar-3-step"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "unknown System 2 method \"rar-3-step\": did you mean rar-1-step? The methods are rar-1-step,"
                                + " rar-2-step, s2a, bsm, cot");
    }

    @Test
    void everyMethodStandsAroundATeacher() {
        for (System2Method method : System2Method.values()) {
            AnswerCut cut = method == System2Method.BSM ? AnswerCut.VERDICT : AnswerCut.YES_NO;
            assertThat(method.around(base, cut).name()).startsWith(method.title() + "(fake; cut=" + cut.title() + "; ");
        }
    }

    @Test
    void specificationFollowsTheCut() {
        assertThat(System2Method.RAR_2_STEP.around(base, AnswerCut.YES_NO).name())
                .contains("; specification=\"Answer the Yes or No question.\"; ");
        assertThat(System2Method.RAR_1_STEP.around(base, AnswerCut.LETTERS).name())
                .contains("; specification=\"\"; ");
    }

    @Test
    void branchSolveMergeGivesVerdictsOnly() {
        assertThatThrownBy(() -> System2Method.BSM.around(base, AnswerCut.LETTERS))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("bsm gives a verdict: its cut is verdict, not letters");
    }
}
