package dev.retort.papers.system2;

import dev.retort.data.DataCatalogue;
import dev.retort.data.DataFile;
import dev.retort.data.DataSet;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/** Catalogues for tests: of one file made up on the spot, or of the shared data. */
final class SmallData {

    private SmallData() {}

    /** A catalogue of one data set of one file with this text. */
    static DataCatalogue of(Path folder, String set, String file, String text) throws IOException {
        Path path = folder.resolve(set).resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
        String hash = "0".repeat(64);
        long bytes = text.getBytes(StandardCharsets.UTF_8).length;
        DataFile entry = new DataFile(set + "/" + file, List.of(), hash, hash, bytes, "none", true, null);
        return new DataCatalogue(
                List.of(new DataSet(set, List.of(), "none", true, null, "here", null, List.of(entry))),
                folder,
                folder.resolve("cache"),
                Duration.ofSeconds(1));
    }

    /** The packed catalogue; the test is not run where RETORT_DATA is not set. */
    static DataCatalogue shared() {
        Assumptions.assumeTrue(System.getenv("RETORT_DATA") != null, "RETORT_DATA is not set: needs shared data");
        return DataCatalogue.standard();
    }
}
