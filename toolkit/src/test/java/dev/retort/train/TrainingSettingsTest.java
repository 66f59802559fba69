package dev.retort.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.data.Precision;
import dev.retort.model.LoraConfig;
import dev.retort.run.YamlConfig;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TrainingSettingsTest {

    private static final LoraConfig LORA = new LoraConfig(4, 8.0, 0.0, List.of("q_proj"), false);

    /** No component has its default. */
    private static final TrainingSettings SETTINGS = new TrainingSettings(
            1e-3,
            LearningRate.Kind.COSINE,
            2.0,
            77,
            5,
            6,
            0.5,
            0.1,
            9,
            0.01,
            0.8,
            0.95,
            1e-6,
            333,
            11,
            12,
            13,
            14,
            15L,
            true,
            new LoraConfig(2, 2.0, 0.0, List.of("v_proj"), false));

    @Test
    void changesNothingButWhatIsNamed() throws ReflectiveOperationException {
        assertThat(changed(SETTINGS.withSeed(99))).containsExactly("seed=99");
        assertThat(changed(SETTINGS.withLearningRate(0.25))).containsExactly("learningRate=0.25");
        assertThat(changed(SETTINGS.withMaxSteps(3))).containsExactly("maxSteps=3");
        assertThat(changed(SETTINGS.withLora(LORA))).containsExactly("lora=" + LORA);
        assertThat(changed(SETTINGS.withLora(null))).containsExactly("lora=null");
    }

    @Test
    void maxStepsGoBeforeEpochs() {
        TrainingSettings epochs = TrainingSettings.defaults();
        assertThat(epochs.totalSteps(17)).as("3 epochs of 3 steps of 8").isEqualTo(9);
        assertThat(epochs.withMaxSteps(4).totalSteps(17)).isEqualTo(4);
    }

    @Test
    void bf16IsWrittenOnlyWhereItIsOn() {
        String absent = YamlConfig.write(TrainingSettings.defaults());
        assertThat(absent).doesNotContain("bf16");
        assertThat(YamlConfig.write(read("bf16: false"))).isEqualTo(absent);
        assertThat(TrainingSettings.defaults().precision()).isEqualTo(Precision.FLOAT32);
        TrainingSettings on = read("bf16: true");
        assertThat(on.precision()).isEqualTo(Precision.BFLOAT16);
        assertThat(YamlConfig.write(on)).isEqualTo(absent + "bf16: true\n");
        assertThat(read(YamlConfig.write(on))).isEqualTo(on);
    }

    @Test
    void bf16GoesWithoutDropout() {
        assertThatThrownBy(() -> read("bf16: true\nlora: {r: 2, lora_dropout: 0.1, target_modules: [q_proj]}"))
                .hasMessage("test.yaml: bf16 needs lora_dropout 0, not 0.1");
    }

    private static TrainingSettings read(String yaml) {
        return YamlConfig.read(yaml, "test.yaml", TrainingSettings.class, List.of());
    }

    private static List<String> changed(TrainingSettings settings) throws ReflectiveOperationException {
        List<String> names = new ArrayList<>();
        for (RecordComponent component : TrainingSettings.class.getRecordComponents()) {
            Object before = component.getAccessor().invoke(SETTINGS);
            Object after = component.getAccessor().invoke(settings);
            if (!before.equals(after)) {
                names.add(component.getName() + "=" + after);
            }
        }
        return names;
    }
}
