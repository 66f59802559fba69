package dev.retort.loss;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Map;
import org.junit.jupiter.api.Test;

class DivergencesTest {

    @Test
    void everyNameHasItsDivergenceAndUsualSetting() {
        assertThat(Divergences.names())
                .containsExactly(
                        "teacher-cross-entropy",
                        "forward-kl",
                        "reverse-kl",
                        "symmetric-kl",
                        "total-variation",
                        "jsd",
                        "skew-kl",
                        "skew-reverse-kl",
                        "adaptive-kl");
        assertThat(Divergences.names().stream().map(name -> Divergences.named(name, Map.of())))
                .containsExactly(
                        new TeacherCrossEntropy(),
                        new ForwardKl(),
                        new ReverseKl(),
                        new SymmetricKl(),
                        new TotalVariation(),
                        new JensenShannon(0.5),
                        new SkewKl(0.1),
                        new SkewReverseKl(0.1),
                        new AdaptiveKl(0.5));
        assertThat(Divergences.settings("jsd")).isEqualTo(Map.of("beta", 0.5));
        assertThat(Divergences.settings("forward-kl")).isEmpty();
    }

    @Test
    void aSettingIsTheDivergencesOwn() {
        assertThat(Divergences.named("jsd", Map.of("beta", 0.2))).isEqualTo(new JensenShannon(0.2));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Divergences.named("forward-kl", Map.of("beta", 0.2)))
                .withMessage("beta is no setting of forward-kl");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Divergences.named("jsd", Map.of("beta", 2.0)))
                .withMessage("beta must be 0 to 1, not 2.0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Divergences.named("kl", Map.of()))
                .withMessageStartingWith(
                        "there is no divergence named kl; there are teacher-cross-entropy, forward-kl,");
    }
}
