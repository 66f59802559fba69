package dev.retort.pipelines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.filter.Perturbation;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PerturbSpecTest {

    @Test
    void readsWhatItWrites() {
        List<PerturbSpec> specs = PerturbSpec.parse("option-reorder:2, name-swap");
        assertThat(specs)
                .containsExactly(
                        new PerturbSpec(Perturbation.OPTION_REORDER, 2), new PerturbSpec(Perturbation.NAME_SWAP, 1));
        assertThat(specs).extracting(PerturbSpec::toString).containsExactly("option-reorder:2", "name-swap");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "name-swop | no perturbation is named name-swop; did you mean name-swap?",
                "name-swap: | name-swap: the number of variants must be a whole number, not",
                "name-swap:-1 | name-swap: the number of variants must be a whole number, not -1",
                "name-swap:0 | name-swap: a question can have 1 to 100 variants of a kind, not 0",
                "name-swap:101 | name-swap: a question can have 1 to 100 variants of a kind, not 101",
                "name-swap,rephrase,name-swap:2 | name-swap is named twice"
            })
    void refusesWhatDoesNotFit(String text, String message) {
        assertThatThrownBy(() -> PerturbSpec.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(message);
    }

    @Test
    void noKindIsAnError() {
        assertThatThrownBy(() -> PerturbQuestions.of(List.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("no perturbation is named");
    }
}
