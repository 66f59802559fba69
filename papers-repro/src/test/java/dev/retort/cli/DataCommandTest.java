package dev.retort.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.retort.data.DataCatalogue;
import dev.retort.data.DataSet;
import dev.retort.data.Rows;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class DataCommandTest {

    @Test
    void listsTheCatalogueInColumns() {
        CliRun run = CliRun.of("data", "list");
        assertThat(run.err()).isEmpty();
        assertThat(run.status()).isZero();
        List<String> lines = run.out().lines().toList();
        List<DataSet> sets = DataCatalogue.standard().sets();
        assertThat(lines).hasSize(sets.size() + 1);
        int licence = lines.get(0).indexOf("licence");
        for (int i = 0; i < sets.size(); i++) {
            assertThat(lines.get(i + 1)).startsWith(sets.get(i).name() + " ");
            assertThat(lines.get(i + 1).substring(licence))
                    .startsWith(sets.get(i).licence());
        }
    }

    @Test
    void listsAsJson() throws IOException {
        CliRun run = CliRun.of("data", "list", "--json");
        assertThat(run.status()).isZero();
        JsonNode list = Rows.mapper().readTree(run.out());
        List<String> names = new ArrayList<>();
        list.forEach(set -> names.add(set.get("name").textValue()));
        assertThat(names)
                .isEqualTo(DataCatalogue.standard().sets().stream()
                        .map(DataSet::name)
                        .toList());
        JsonNode first = list.get(0);
        assertThat(first.get("present").isBoolean()).isTrue();
        assertThat(first.get("licence").isTextual()).isTrue();
        assertThat(first.get("files").get(0).get("sha256").textValue()).hasSize(64);
    }

    @Test
    void anUnknownNameIsStatus2WithTheNearest() {
        for (String action : List.of("fetch", "check")) {
            CliRun run = CliRun.of("data", action, "gsm8");
            assertThat(run.status()).isEqualTo(2);
            assertThat(run.out()).isEmpty();
            assertThat(run.errLines()).hasSize(1);
            assertThat(run.err()).contains("the nearest is gsm8k");
        }
        assertThat(CliRun.of("data").status()).isEqualTo(2);
        assertThat(CliRun.of("data", "fetch").status()).isEqualTo(2);
    }

    @Nested
    @Tag("shared-data")
    class WithSharedData {

        @BeforeEach
        void needsSharedData() {
            assumeTrue(System.getenv("RETORT_DATA") != null, "RETORT_DATA is not set: needs shared data");
        }

        @Test
        void checksFiles() {
            CliRun run = CliRun.of("data", "check", "svamp");
            assertThat(run.err()).isEmpty();
            assertThat(run.status()).isZero();
            assertThat(run.out()).startsWith("state  file").endsWith("1 ok, 0 missing, 0 different\n");
        }

        @Test
        void fetchesNothingThatIsHere() {
            CliRun run = CliRun.of("data", "fetch", "svamp");
            assertThat(run.status()).isZero();
            assertThat(run.err()).contains("licence MIT");
            assertThat(run.out().lines()).allMatch(line -> Files.isRegularFile(Path.of(line)));
            assertThat(CliRun.of("data", "fetch", "svamp", "--quiet").err()).isEmpty();
        }
    }
}
