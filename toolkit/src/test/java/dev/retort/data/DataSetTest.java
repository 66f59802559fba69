package dev.retort.data;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class DataSetTest {

    private static final DataFile FILE = new DataFile("s/a", null, "0".repeat(64), "0".repeat(64), 1, null, null, null);

    private static DataSet set(String name, String licence, List<DataFile> files) {
        return new DataSet(name, List.of(), licence, true, null, "here", null, files);
    }

    @Test
    void refusesWhatIsNoDataSet() {
        assertThatThrownBy(() -> set("../s", "MIT", List.of(FILE))).hasMessage("not a data set's name: ../s");
        assertThatThrownBy(() -> set("s", " ", List.of(FILE))).hasMessage("s: licence is missing");
        assertThatThrownBy(() -> set("s", "MIT", List.of())).hasMessage("s: files is missing or empty");
        assertThatThrownBy(() -> set("t", "MIT", List.of(FILE))).hasMessage("s/a: must lie under t/");
        assertThatThrownBy(() -> set("s", "MIT", List.of(FILE, FILE))).hasMessage("s/a: is listed twice");
    }
}
