package dev.retort.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.retort.data.AtomicFiles;
import dev.retort.data.Rows;
import dev.retort.data.SeededRandom;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Where an artefact comes from: the file run.json of every run folder.
 *
 * @param seed of every draw
 * @param command as it was given
 * @param git the revision that ran
 * @param versions name to version: java, os, arch, retort, and those of the libraries that computed
 * @param device cpu or the GPU's name
 * @param threads that computed
 * @param configHash SHA-256 of the resolved configuration ({@link #hash(Record)})
 * @param inputs name to SHA-256 of every file read
 * @param licences name to the licence and, where a model wrote it, the teacher's terms, of every input
 * @param parents the run folders or ids whose output this run read
 * @param started when, in UTC (ISO 8601)
 * @param wallSeconds how long it took, all resumed parts together
 */
public record RunRecord(
        long seed,
        String command,
        GitRevision git,
        Map<String, String> versions,
        String device,
        int threads,
        String configHash,
        Map<String, String> inputs,
        Map<String, String> licences,
        List<String> parents,
        String started,
        double wallSeconds) {

    /** The file's name in a run folder. */
    public static final String FILE = "run.json";

    private static final int SIZE_LIMIT = 1 << 24;

    public RunRecord {
        versions = sorted(versions);
        inputs = sorted(inputs);
        licences = sorted(licences);
        parents = parents == null ? List.of() : List.copyOf(parents);
    }

    private static Map<String, String> sorted(Map<String, String> map) {
        return map == null ? Map.of() : Collections.unmodifiableMap(new TreeMap<>(map));
    }

    /**
     * A record of a run that starts now on this machine: no inputs yet, no time spent.
     *
     * @param libraries name to version of what computes, for example djl and pytorch
     */
    public static RunRecord start(
            long seed, String command, Record config, Map<String, String> libraries, String device, int threads) {
        Map<String, String> versions = new TreeMap<>(libraries);
        versions.put("java", System.getProperty("java.version"));
        versions.put("os", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        versions.put("arch", System.getProperty("os.arch"));
        versions.put("retort", retortVersion());
        return new RunRecord(
                seed,
                command,
                GitRevision.detect(),
                versions,
                device,
                threads,
                hash(config),
                Map.of(),
                Map.of(),
                List.of(),
                Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(),
                0);
    }

    private static String retortVersion() {
        String packed = RunRecord.class.getPackage().getImplementationVersion();
        return packed == null ? GitRevision.packed("version") : packed;
    }

    /** SHA-256 of the YAML that {@link YamlConfig#write} makes of a configuration. */
    public static String hash(Record config) {
        return SeededRandom.sha256Hex(YamlConfig.write(config));
    }

    /** This record with one more input. */
    public RunRecord withInput(String name, Path file, String licence) throws IOException {
        Map<String, String> moreInputs = new TreeMap<>(inputs);
        moreInputs.put(name, sha256(file));
        Map<String, String> moreLicences = new TreeMap<>(licences);
        moreLicences.put(name, licence);
        return new RunRecord(
                seed,
                command,
                git,
                versions,
                device,
                threads,
                configHash,
                moreInputs,
                moreLicences,
                parents,
                started,
                wallSeconds);
    }

    /** This record with these parents. */
    public RunRecord withParents(List<String> newParents) {
        return new RunRecord(
                seed,
                command,
                git,
                versions,
                device,
                threads,
                configHash,
                inputs,
                licences,
                newParents,
                started,
                wallSeconds);
    }

    /** This record with so much more time spent. */
    public RunRecord plus(Duration time) {
        return new RunRecord(
                seed,
                command,
                git,
                versions,
                device,
                threads,
                configHash,
                inputs,
                licences,
                parents,
                started,
                wallSeconds + time.toMillis() / 1000.0);
    }

    /** Writes run.json into a folder, whole or not at all. */
    public void write(Path folder) throws IOException {
        AtomicFiles.writeText(
                folder.resolve(FILE),
                Rows.mapper().writerWithDefaultPrettyPrinter().writeValueAsString(this) + "\n");
    }

    /**
     * Reads run.json of a folder.
     *
     * @throws IOException where it is missing or not a run record; one line that names the file
     */
    public static RunRecord read(Path folder) throws IOException {
        Path file = folder.resolve(FILE);
        if (!Files.isRegularFile(file)) {
            throw new NoSuchFileException(file + ": no such file; " + folder + " is not a run folder");
        }
        if (Files.size(file) > SIZE_LIMIT) {
            throw new IOException(file + ": longer than " + SIZE_LIMIT + " bytes");
        }
        try {
            return Rows.mapper().readValue(Files.readString(file), RunRecord.class);
        } catch (JsonProcessingException e) {
            throw new IOException(
                    file + ": not a run record: "
                            + e.getOriginalMessage().lines().findFirst().orElse(""),
                    e);
        }
    }

    /** SHA-256 of a file, in lower-case hexadecimal. */
    public static String sha256(Path file) throws IOException {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
        try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
            in.transferTo(OutputStream.nullOutputStream());
        }
        return HexFormat.of().formatHex(digest.digest());
    }
}
