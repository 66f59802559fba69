package dev.retort.teacher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.data.Message;
import dev.retort.data.Question;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import dev.retort.data.TokenUsage;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ContextDistillationTest {

    private static final SamplingParams PARAMS = SamplingParams.greedy(20);
    private static final Question SINGLE = Question.ofText("q1", "t", "Hi", "ref");
    private static final Question MULTI = new Question(
            "q1",
            "t",
            List.of(Message.system("Own."), Message.user("Hi"), Message.assistant("Ho"), Message.user("And?")),
            null);

    private final ScriptedReplies base = new ScriptedReplies().says("q1", "Arr,  matey!");

    private ContextDistillation pirate() {
        return ContextDistillation.of(base, "Be a pirate.");
    }

    @Test
    void samplesDoNotShowThePrompt() throws Exception {
        ContextDistillation teacher = pirate();

        List<TeacherSample> samples = teacher.sample(SINGLE, PARAMS, List.of(4, 7));

        assertThat(base.asked)
                .containsExactly(new ScriptedReplies.Asked(
                        new Question("q1", "t", List.of(Message.system("Be a pirate."), Message.user("Hi")), "ref"),
                        PARAMS,
                        List.of(4, 7)));
        assertThat(samples).hasSize(2);
        assertThat(samples.get(1))
                .isEqualTo(new TeacherSample(
                        "q1",
                        "t",
                        List.of(Message.user("Hi")),
                        7,
                        "Arr,  matey!",
                        null,
                        null,
                        "stop",
                        teacher.name(),
                        PARAMS,
                        new TokenUsage(10, 12, 1),
                        Map.of()));
    }

    @Test
    void turnsAndTheOwnSystemMessageStay() throws Exception {
        TeacherSample sample = pirate().sample(MULTI, PARAMS, List.of(0)).get(0);
        assertThat(base.messages("q1"))
                .containsExactly(
                        Message.system("Be a pirate.\n\nOwn."),
                        Message.user("Hi"),
                        Message.assistant("Ho"),
                        Message.user("And?"));
        assertThat(sample.messages()).isEqualTo(MULTI.messages());
    }

    @Test
    void firstTurnOnlyLeavesLaterTurnsAlone() throws Exception {
        ContextDistillation teacher = pirate().firstTurnOnly();
        teacher.sample(MULTI, PARAMS, List.of(0));
        assertThat(base.messages("q1")).isEqualTo(MULTI.messages());
        base.asked.clear();
        teacher.sample(SINGLE, PARAMS, List.of(0));
        assertThat(base.messages("q1")).containsExactly(Message.system("Be a pirate."), Message.user("Hi"));
        base.asked.clear();
        Question own = new Question("q1", "t", MULTI.messages().subList(0, 2), null);
        teacher.sample(own, PARAMS, List.of(0));
        assertThat(base.messages("q1")).containsExactly(Message.system("Be a pirate.\n\nOwn."), Message.user("Hi"));
    }

    @Test
    void nameHoldsWhatChangesTheOutput() {
        assertThat(pirate().name()).isEqualTo("context-distillation(fake; turns=all; prompt=80d49afe6c9c)");
        assertThat(pirate().firstTurnOnly().name())
                .isEqualTo("context-distillation(fake; turns=first; prompt=80d49afe6c9c)");
        assertThat(ContextDistillation.of(base, "Be a cook.").name())
                .startsWith("context-distillation(fake; turns=all; prompt=")
                .doesNotContain("80d49afe6c9c");
        assertThatThrownBy(() -> ContextDistillation.of(base, " \n"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the system prompt to distil is blank");
    }

    @Test
    void closesItsBaseAndPassesFailuresOn() {
        ContextDistillation teacher = pirate();
        TeacherException failure = new TeacherException("busy", true, null, null);
        base.fails("q1", failure);
        assertThatThrownBy(() -> teacher.sample(SINGLE, PARAMS, List.of(0))).isSameAs(failure);
        teacher.close();
        assertThat(base.closed).isEqualTo(1);
    }
}
