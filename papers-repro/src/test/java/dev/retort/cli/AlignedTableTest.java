package dev.retort.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class AlignedTableTest {

    @Test
    void columnsAreAsWideAsTheirWidestCell() {
        AlignedTable table = new AlignedTable("a", "long", "b");
        table.add("🙂x", "y", "");
        table.add("", "", "z");
        assertThat(table).hasToString("a   long  b\n🙂x  y\n          z\n");
    }

    @Test
    void everyRowHasAllColumns() {
        AlignedTable table = new AlignedTable("a", "b");
        assertThatThrownBy(() -> table.add("a"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("1 cells for 2 columns");
    }
}
