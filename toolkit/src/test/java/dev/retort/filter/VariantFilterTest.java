package dev.retort.filter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retort.data.Question;
import org.junit.jupiter.api.Test;

class VariantFilterTest {

    @Test
    void rejectsWhatWasMadeFromAnotherQuestion() {
        Question variant = Variants.made(Perturbation.OPTION_REORDER, Variants.choice("q1", null), 1)
                .get(0);
        assertThat(Samples.words(new VariantFilter().judge(variant, Samples.answers("a", null))))
                .containsExactly("variant", "variant");
        assertThat(Samples.words(new VariantFilter().judge(Samples.QUESTION, Samples.answers("a", null))))
                .containsExactly("kept", "kept");
    }
}
