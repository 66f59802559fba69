package dev.retort.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.data.SamplingParams;
import dev.retort.loss.TeacherSignal;
import dev.retort.run.ConfigException;
import dev.retort.run.YamlConfig;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DistillationSettingsTest {

    private static DistillationSettings read(String... given) {
        return YamlConfig.read("", "test", DistillationSettings.class, List.of(given));
    }

    @Test
    void theDefaults() {
        assertThat(read())
                .isEqualTo(new DistillationSettings(
                        0.5, "forward-kl", null, null, null, 1.0, 0.0, null, null, null, null, false, null, null));
        assertThat(read("lmbda=0.5", "divergence=jsd"))
                .as("GKDConfig's")
                .isEqualTo(new DistillationSettings(
                        1.0, "jsd", 0.5, null, null, 1.0, 0.5, 0.9, 128, null, null, false, null, null));
        assertThat(read("hidden_states_weight=0")).as("none").isEqualTo(read());
        assertThat(read("teacher_top_k=64").teacherOutside()).isEqualTo(TeacherSignal.Outside.BUCKET);
        assertThat(read("lmbda=1", "max_completion_length=9").sampling())
                .isEqualTo(SamplingParams.none().withTemperature(0.9).withMaxTokens(9));
    }

    @Test
    void whatIsWrittenIsReadAgain() {
        for (DistillationSettings settings : List.of(
                read(),
                read("lmbda=0.3"),
                read("divergence=skew-kl", "teacher_top_k=3"),
                read("hidden_states_weight=0.1", "hidden_states_layers=[1:2,2:4]"))) {
            assertThat(YamlConfig.read(YamlConfig.write(settings), "test", DistillationSettings.class, List.of()))
                    .isEqualTo(settings);
        }
    }

    @Test
    void theCrossEntropyHasTheRestOfTheWeight() {
        assertThat(read("kd_ratio=0.75").terms(Map.of("label", 1.0, "rationale", 0.5)))
                .isEqualTo(Map.of("label", 0.25, "rationale", 0.125, "kd", 0.75));
        assertThatThrownBy(() -> read().terms(Map.of("kd", 1.0)))
                .hasMessage("'kd' is the teacher's term: call the examples another kind");
        assertThat(read("kd_ratio=0.75", "hidden_states_weight=3").terms(Map.of("answer", 1.0)))
                .isEqualTo(Map.of("answer", 0.25, "kd", 0.75, "hidden", 3.0));
        assertThat(read().terms(Map.of("hidden", 1.0))).isEqualTo(Map.of("hidden", 0.5, "kd", 0.5));
        assertThatThrownBy(() -> read("hidden_states_weight=3").terms(Map.of("hidden", 1.0)))
                .hasMessage("'hidden' is the teacher's term: call the examples another kind");
        assertThat(read("divergence=jsd", "beta=0.25", "temperature=2").loss())
                .hasToString("JensenShannon[beta=0.25] at temperature 2.0");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "kd_ratio=1.5 | kd_ratio must be 0 to 1, not 1.5",
                "lmbda=-1 | lmbda must be 0 to 1, not -1.0",
                "lmbda=1 kd_ratio=0.5 | lmbda learns from the student's own completions, whose cross-entropy teaches"
                        + " nothing: give kd_ratio 1",
                "beta=0.5 | beta is no setting of forward-kl",
                "divergence=skew-kl mu=0.5 | mu is no setting of skew-kl",
                "divergence=jsd beta=2 | beta must be 0 to 1, not 2.0",
                "temperature=0 | temperature must be a finite number above 0, not 0.0",
                "max_completion_length=9 | sampling_temperature and max_completion_length are those of the student's"
                        + " own completions: give lmbda too",
                "lmbda=1 max_completion_length=0 | max_completion_length must be at least 1, not 0",
                "lmbda=1 sampling_temperature=-1 | sampling_temperature must be at least 0, not -1.0",
                "teacher_outside=zero | teacher_outside goes with teacher_top_k",
                "teacher_top_k=0 | teacher_top_k must be at least 1, not 0",
                "teacher_top_k=8 lmbda=1 | teacher_top_k is written down before the training, when the student's own"
                        + " completions are not known: leave it out, or lmbda",
                "teacher_top_k=8 teacher_outside=zero divergence=reverse-kl | reverse-kl with teacher_outside zero is"
                        + " least where the student puts its mass outside the top k: give bucket or renormalise",
                "teacher_top_k=8 teacher_outside=zero divergence=jsd beta=1 | jsd with teacher_outside zero is least",
                "teacher_top_k=8 teacher_outside=some | teacher_outside",
                "hidden_states_weight=-1 | hidden_states_weight must be a finite number of at least 0, not -1.0",
                "hidden_states_weight=1 teacher_top_k=8 | hidden_states_weight needs the teacher beside the student,"
                        + " and teacher_top_k writes its signals down before: leave one out",
                "hidden_states_layers=[1:2] | hidden_states_layers goes with hidden_states_weight",
                "hidden_states_weight=1 hidden_states_layers=[] | hidden_states_layers is empty: leave it out for every"
                        + " layer of the student",
                "hidden_states_weight=1 hidden_states_layers=[1:2,2:4,1:2] | hidden_states_layers has 1:2 twice",
                "hidden_states_weight=1 hidden_states_layers=[0:2] | '0:2' is no pair of layers: give student:teacher,"
                        + " counted from 1, for example 6:12",
                "hidden_states_weight=1 hidden_states_layers=[3] | '3' is no pair of layers"
            })
    void saysWhatDoesNotFit(String given, String message) {
        assertThatThrownBy(() -> read(given.split(" ")))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(message);
    }
}
