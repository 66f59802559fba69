package dev.retort.teacher;

import dev.retort.data.JsonLines;
import dev.retort.data.Question;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * Replays samples of a file, looked up by question id and sample index and returned as they were recorded, the name of the
 * teacher who gave them included. The parameters asked for are not compared. The file is held in memory.
 */
public final class RecordedTeacher implements Teacher {

    private final Path file;
    private final String name;
    private final Map<Key, TeacherSample> samples = new HashMap<>();

    private record Key(String id, int sampleIndex) {}

    /**
     * Reads a recording.
     *
     * @param file samples in JSON Lines; a name that ends in .gz is read through gzip
     * @throws IOException where the file is missing or a line of it is no sample, naming file and line
     */
    public RecordedTeacher(Path file) throws IOException {
        this.file = file;
        for (TeacherSample sample : JsonLines.read(file, TeacherSample.class)) {
            samples.put(new Key(sample.id(), sample.sampleIndex()), sample);
        }
        this.name = "recorded:" + file.getFileName() + "@" + hash(file).substring(0, 12);
    }

    /** The file's name and the beginning of its SHA-256. */
    @Override
    public String name() {
        return name;
    }

    /**
     * The recorded samples, up to the first index that has none.
     *
     * @throws TeacherException where the first index has none, or where the recorded messages are not the question's
     */
    @Override
    public List<TeacherSample> sample(Question question, SamplingParams params, List<Integer> sampleIndices)
            throws TeacherException {
        List<TeacherSample> found = new ArrayList<>();
        for (int index : sampleIndices) {
            TeacherSample sample = samples.get(new Key(question.id(), index));
            if (sample == null) {
                break;
            }
            if (!sample.messages().isEmpty() && !sample.messages().equals(question.messages())) {
                throw new TeacherException(file + ": the sample " + index + " of question " + question.id()
                        + " was recorded for other messages than the question's; record it anew");
            }
            found.add(sample);
        }
        if (found.isEmpty()) {
            throw new TeacherException(
                    file + ": no sample " + sampleIndices.get(0) + " of question " + question.id() + " was recorded");
        }
        return found;
    }

    private static String hash(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file);
                DigestInputStream digesting = new DigestInputStream(in, MessageDigest.getInstance("SHA-256"))) {
            digesting.transferTo(OutputStream.nullOutputStream());
            return HexFormat.of().formatHex(digesting.getMessageDigest().digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
