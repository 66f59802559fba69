package dev.retort.model;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DecodeStateTest {

    private static final List<int[]> PROMPTS = List.of(
            new int[] {64, 53, 3, 87, 23},
            new int[] {92},
            new int[] {85, 11, 29, 84, 8, 11, 83, 37, 42},
            new int[] {7, 7},
            new int[] {12, 13, 14});

    private static List<int[]> prompts(int[] rows) {
        return Arrays.stream(rows).mapToObj(PROMPTS::get).toList();
    }

    private static int[] tokens(int step, int[] rows) {
        return Arrays.stream(rows).map(row -> 20 + 7 * row + step).toArray();
    }

    /** Steps with all, with some, and with fewer: what stays goes on as if it had been alone. */
    @ParameterizedTest
    @ValueSource(strings = {"llama-gqa", "gpt2", "mistral", "qwen3", "t5-v11"})
    void rowsThatStayGoOnAsIfTheOthersHadNeverBeen(String name) throws IOException {
        try (LoadedModel loaded = Models.load(Fixtures.folder(name), Device.cpu());
                NDManager manager = loaded.model().weights().manager().newSubManager()) {
            LanguageModel model = loaded.model();
            DecodeState state = model.start(PROMPTS, manager);
            int[] here = {0, 1, 2, 3, 4};
            int[][] stays = {{0, 1, 2, 3, 4}, {1, 2, 4}, {0, 1, 2}, {2}};
            int[][] expected = {{0, 1, 2, 3, 4}, {4, 1, 2}, {4, 1, 2}, {2}};
            for (int step = 0; step < stays.length; step++) {
                int[] order = state.keepRows(stays[step]);
                int[] before = here;
                here = Arrays.stream(order).map(row -> before[row]).toArray();
                assertThat(here).containsExactly(expected[step]);
                assertThat(state.rows()).isEqualTo(here.length);
                model.advance(state, tokens(step, here));
                DecodeState alone = model.start(prompts(here), manager);
                for (int past = 0; past <= step; past++) {
                    model.advance(alone, tokens(past, here));
                }
                assertThat(state.hidden().toFloatArray())
                        .containsExactly(alone.hidden().toFloatArray(), Offset.offset(2e-5f));
                for (int row = 0; row < here.length; row++) {
                    // Positions count from each prompt's own beginning; a decoder behind an encoder has a prompt of one
                    // token.
                    int length = model instanceof Seq2SeqLm ? 1 : PROMPTS.get(here[row]).length;
                    assertThat(state.position(row)).isEqualTo(length + step + 1);
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama-gqa", "t5-v11"})
    void aPartGoesOnByItself(String name) throws IOException {
        try (LoadedModel loaded = Models.load(Fixtures.folder(name), Device.cpu());
                NDManager manager = loaded.model().weights().manager().newSubManager()) {
            LanguageModel model = loaded.model();
            DecodeState whole = model.start(PROMPTS, manager);
            DecodeState part = whole.part(new int[] {3, 0}, manager.newSubManager());
            whole.closeCaches();
            model.advance(part, tokens(0, new int[] {3, 0}));
            DecodeState alone = model.start(prompts(new int[] {3, 0}), manager);
            model.advance(alone, tokens(0, new int[] {3, 0}));
            assertThat(part.hidden().toFloatArray())
                    .containsExactly(alone.hidden().toFloatArray(), Offset.offset(2e-5f));
            int[] positions = IntStream.range(0, 2).map(part::position).toArray();
            assertThat(positions).isEqualTo(model instanceof Seq2SeqLm ? new int[] {2, 2} : new int[] {3, 6});
        }
    }
}
