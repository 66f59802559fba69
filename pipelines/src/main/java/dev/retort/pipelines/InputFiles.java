package dev.retort.pipelines;

import dev.retort.data.Malformed;
import dev.retort.data.Row;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.Flatten;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionList;

/** The files of rows that a job reads, whose bad lines go to one malformed.jsonl. */
final class InputFiles {

    private final Pipeline pipeline;
    private final boolean namesDiffer;
    private final Set<String> names = new HashSet<>();
    private PCollectionList<Malformed> malformed;

    InputFiles(Pipeline pipeline, List<Path> files) {
        this.pipeline = pipeline;
        this.malformed = PCollectionList.empty(pipeline);
        this.namesDiffer = files.stream().map(Path::getFileName).distinct().count() == files.size();
    }

    /**
     * Looks for a file before anything else is done.
     *
     * @throws IOException where it is missing
     */
    static void requireFile(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new IOException(file + ": no such file");
        }
    }

    /** The good rows of one of the files. */
    <T extends Row> PCollection<T> read(Class<T> type, Path file) {
        // Two files of one name are told apart by their paths.
        String name = namesDiffer ? file.getFileName().toString() : file.toString();
        names.add(name);
        ReadRows.Result<T> read = pipeline.apply("Read " + name, ReadRows.of(type, file));
        malformed = malformed.and(read.malformed()
                .apply("Name " + name, ParDo.of(new NameFn(name)))
                .setCoder(RowCoder.of(Malformed.class)));
        return read.rows();
    }

    /**
     * Writes the bad lines of all files read so far, and those that the folder's malformed.jsonl has of other files: the bad
     * questions of a run are still there when its samples have been filtered.
     */
    void writeMalformed(Path out, Path beside) throws IOException {
        Path before = out.resolve(SampleJob.MALFORMED);
        if (Files.exists(before)) {
            List<Malformed> others = StrictRows.read(before, Malformed.class).stream()
                    .filter(row -> !names.contains(row.file()))
                    .toList();
            malformed = malformed.and(
                    pipeline.apply("Malformed before", Create.of(others).withCoder(RowCoder.of(Malformed.class))));
        }
        malformed
                .apply("Malformed", Flatten.pCollections())
                .apply("WriteMalformed", WriteRows.to(beside.resolve(SampleJob.MALFORMED)));
    }

    private static final class NameFn extends DoFn<Malformed, Malformed> {

        private final String name;

        NameFn(String name) {
            this.name = name;
        }

        @ProcessElement
        public void name(@Element Malformed row, OutputReceiver<Malformed> out) {
            out.output(new Malformed(name, row.line(), row.error(), row.text(), row.extra()));
        }
    }
}
