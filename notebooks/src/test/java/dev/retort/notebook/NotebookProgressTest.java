package dev.retort.notebook;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retort.run.ProgressUpdate;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class NotebookProgressTest {

    private final List<String> shown = new ArrayList<>();
    private final NotebookProgress progress = new NotebookProgress(
            bars -> {
                shown.add("display " + bars);
                return "id-1";
            },
            (id, bars) -> shown.add(id + " " + bars));

    @Test
    void displaysOnceAndUpdatesInPlace() {
        tell("train", 1, 2);
        tell("train", 2, 2);

        assertThat(shown).containsExactly("display train 1/2, 1 s left", "id-1 train 2/2");
    }

    @Test
    void keepsTheLoopsInTheOrderInWhichTheyBegan() {
        tell("first", 2, 2);
        tell("evaluate", 9, 9);
        tell("second", 2, 2);
        tell("evaluate", 9, 9);

        assertThat(shown).last().isEqualTo("id-1 first 2/2\nsecond 2/2\nevaluate 9/9");
    }

    @Test
    void aLoopThatIsGoneOnWithStaysWhereItIs() {
        tell("train", 1, 2);
        tell("evaluate", 9, 9);
        tell("train", 2, 2);

        assertThat(shown).last().isEqualTo("id-1 train 2/2\nevaluate 9/9");
    }

    @Test
    void forgetsTheOldestLoops() {
        for (int i = 0; i < 30; i++) {
            tell("loop " + i, 1, 1);
        }

        assertThat(shown.get(29).lines()).hasSize(24).first().isEqualTo("id-1 loop 6 1/1");
    }

    private void tell(String label, long done, long total) {
        progress.onProgress(new ProgressUpdate(label, done, total, Double.NaN, Double.NaN, 1, 1));
    }
}
