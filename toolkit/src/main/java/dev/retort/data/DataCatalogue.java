package dev.retort.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipException;

/**
 * The data sets that the recipes use: where they lie on this machine, where they may be had, and their hashes.
 *
 * <p>A file is looked for in the folder that RETORT_DATA names, then in the cache (RETORT_CACHE, else
 * ~/.cache/retort/data). Only the cache is ever written.
 */
public final class DataCatalogue {

    private static final String RESOURCE = "/data/catalogue.json";
    /** More than the content by this much may be sent: a gzip of a small file is longer than the file. */
    private static final int SLACK = 1024;

    /** The most bytes of an error's page. */
    private static final long ERROR_LIMIT = 1 << 20;

    private final List<DataSet> sets;
    private final Path dataFolder;
    private final Path cache;
    private final Duration timeout;

    /**
     * A catalogue of these sets.
     *
     * @param dataFolder looked at first and never written; null where there is none
     * @param cache where downloads go
     * @param timeout of one download
     */
    public DataCatalogue(List<DataSet> sets, Path dataFolder, Path cache, Duration timeout) {
        this.sets = List.copyOf(sets);
        this.dataFolder = dataFolder;
        this.cache = cache;
        this.timeout = timeout;
    }

    /** The catalogue that is packed with the toolkit, with the folders that the environment names. */
    public static DataCatalogue standard() {
        String data = System.getenv("RETORT_DATA");
        String cache = System.getenv("RETORT_CACHE");
        return new DataCatalogue(
                packedSets(),
                data == null || data.isBlank() ? null : Path.of(data),
                cache == null || cache.isBlank()
                        ? Path.of(System.getProperty("user.home"), ".cache", "retort", "data")
                        : Path.of(cache),
                Duration.ofMinutes(5));
    }

    private static List<DataSet> packedSets() {
        try (InputStream in = DataCatalogue.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new IllegalStateException("the toolkit's jar has no " + RESOURCE);
            }
            return List.of(Rows.mapper().treeToValue(Rows.mapper().readTree(in).path("sets"), DataSet[].class));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(RESOURCE + ": " + e.getOriginalMessage(), e);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Every data set, by name. */
    public List<DataSet> sets() {
        return sets;
    }

    /**
     * The data set of this name.
     *
     * @throws IllegalArgumentException where there is none
     */
    public DataSet set(String name) {
        for (DataSet set : sets) {
            if (set.name().equals(name)) {
                return set;
            }
        }
        throw new IllegalArgumentException("no data set is named " + name
                + Nearest.of(name, sets.stream().map(DataSet::name).toList())
                        .map(nearest -> "; the nearest is " + nearest)
                        .orElse("")
                + ". `retort data list` prints them all");
    }

    /**
     * The catalogue's entry of a file.
     *
     * @param file its path inside the data set's folder, for example llm/test_CoT_0.json.gz
     * @throws IllegalArgumentException where the data set has no such file
     */
    public DataFile file(String name, String file) {
        DataSet set = set(name);
        for (DataFile candidate : set.files()) {
            if (candidate.path().equals(name + "/" + file)) {
                return candidate;
            }
        }
        List<String> files = set.files().stream()
                .map(candidate -> candidate.path().substring(name.length() + 1))
                .toList();
        throw new IllegalArgumentException("data set " + name + " has no file " + file
                + Nearest.of(file, files)
                        .map(nearest -> "; the nearest is " + nearest)
                        .orElse(""));
    }

    /**
     * Where a file of a data set lies on this machine.
     *
     * @param file its path inside the data set's folder
     * @throws NoSuchFileException where it is missing; the message says what to download and where to put it
     */
    public Path resolve(String name, String file) throws NoSuchFileException {
        DataFile wanted = file(name, file);
        return find(wanted).orElseThrow(() -> new NoSuchFileException(missing(set(name), wanted)));
    }

    private Optional<Path> find(DataFile file) {
        if (dataFolder != null && Files.isRegularFile(dataFolder.resolve(file.path()))) {
            return Optional.of(dataFolder.resolve(file.path()));
        }
        Path cached = cache.resolve(file.path());
        return Files.isRegularFile(cached) ? Optional.of(cached) : Optional.empty();
    }

    private String missing(DataSet set, DataFile file) {
        String where = "data file " + file.path() + " is neither in "
                + (dataFolder == null ? "RETORT_DATA (not set)" : "RETORT_DATA (" + dataFolder + ")")
                + " nor in the cache ("
                + cache + ")";
        String place = cache.resolve(file.path()) + (file.gzipped() ? " (gzipped)" : "");
        if (file.urls().isEmpty()) {
            return where + "; nobody offers it as one file: make it from " + set.source()
                    + (set.note() == null ? "" : " (" + set.note() + ")") + " and put it at " + place;
        }
        return where + "; run `retort data fetch " + set.name() + "`, or download "
                + file.urls().get(0) + " and put it at " + place;
    }

    /**
     * Downloads the files of a data set that are missing or differ from the catalogue into the cache, each whole or not
     * at all and only with the catalogued content.
     *
     * @return where every file of the set lies
     * @throws IOException at the first file that could not be had; those before it stay
     */
    public List<Path> fetch(String name) throws IOException {
        DataSet set = set(name);
        List<Path> paths = new ArrayList<>();
        for (DataFile file : set.files()) {
            DataFileStatus status = status(set, file);
            if (status.state() == DataFileStatus.State.DIFFERENT
                    && !status.path().startsWith(cache)) {
                throw new IOException(status.path()
                        + ": its content is not the catalogued one, and RETORT_DATA is never written; remove"
                        + " the file or unset RETORT_DATA, then fetch again");
            }
            paths.add(status.state() == DataFileStatus.State.OK ? status.path() : download(set, file));
        }
        return paths;
    }

    private Path download(DataSet set, DataFile file) throws IOException {
        if (file.urls().isEmpty()) {
            throw new NoSuchFileException(missing(set, file));
        }
        HttpClient client = HttpClient.newBuilder()
                .connectTimeout(timeout.compareTo(Duration.ofSeconds(20)) < 0 ? timeout : Duration.ofSeconds(20))
                .followRedirects(HttpClient.Redirect.NORMAL)
                .build();
        List<String> failures = new ArrayList<>();
        for (URI url : file.urls()) {
            try {
                byte[] content = contentOf(get(client, url, file.bytes() + SLACK), file);
                Path path = cache.resolve(file.path());
                byte[] stored = file.gzipped() ? gzip(content) : content;
                AtomicFiles.write(path, out -> out.write(stored));
                return path;
            } catch (InterruptedIOException e) {
                throw e;
            } catch (IOException e) {
                failures.add(url + ": " + e.getMessage());
            }
        }
        throw new IOException("could not fetch " + file.path() + ": " + String.join("; ", failures) + "; get it from "
                + set.source() + " and put it at " + cache.resolve(file.path()) + (file.gzipped() ? " (gzipped)" : ""));
    }

    private byte[] get(HttpClient client, URI url, long limit) throws IOException {
        boolean loopback = "127.0.0.1".equals(url.getHost()) || "localhost".equals(url.getHost());
        if (!"https".equals(url.getScheme()) && !("http".equals(url.getScheme()) && loopback)) {
            throw new IOException("not an https address");
        }
        HttpRequest request = HttpRequest.newBuilder(url).timeout(timeout).build();
        CompletableFuture<HttpResponse<Optional<byte[]>>> reply =
                client.sendAsync(request, info -> new BoundedBody(most(info.statusCode(), limit)));
        try {
            // The request's own timeout ends with the headers: a body that stalls is caught here.
            HttpResponse<Optional<byte[]>> response = reply.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
            int status = response.statusCode();
            byte[] body = response.body()
                    .orElseThrow(() -> new IOException("sends more than the " + most(status, limit) + " bytes it may"));
            if (status != 200) {
                throw new IOException("HTTP status " + status);
            }
            return body;
        } catch (TimeoutException e) {
            reply.cancel(true);
            throw new IOException("no answer within " + timeout.toMillis() + " ms", e);
        } catch (InterruptedException e) {
            reply.cancel(true);
            Thread.currentThread().interrupt();
            InterruptedIOException interrupted = new InterruptedIOException("interrupted while downloading " + url);
            interrupted.initCause(e);
            throw interrupted;
        } catch (ExecutionException e) {
            String reason = e.getCause().getMessage();
            throw new IOException(
                    reason == null
                            ? e.getCause().getClass().getSimpleName()
                            : reason.lines().findFirst().orElse(""),
                    e);
        }
    }

    private static long most(int status, long limit) {
        return status == 200 ? limit : ERROR_LIMIT;
    }

    private static byte[] gzip(byte[] content) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream zip = new GZIPOutputStream(bytes)) {
            zip.write(content);
        }
        return bytes.toByteArray();
    }

    /** What was sent, unzipped where only that gives the catalogued content. */
    private static byte[] contentOf(byte[] sent, DataFile file) throws IOException {
        String hash = hex(SeededRandom.sha256(sent));
        if (hash.equals(file.contentSha256())) {
            return sent;
        }
        boolean zip = sent.length > 2 && (sent[0] & 0xff) == 0x1f && (sent[1] & 0xff) == 0x8b;
        if (zip) {
            try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(sent))) {
                byte[] content = in.readNBytes(Math.toIntExact(file.bytes() + 1));
                if (hex(SeededRandom.sha256(content)).equals(file.contentSha256())) {
                    return content;
                }
            }
        }
        throw new IOException("sent " + sent.length + " bytes with sha256 " + hash + " where the catalogue says "
                + file.bytes() + " bytes with sha256 " + file.contentSha256());
    }

    /** Looks at every file of every data set and compares what is there with the catalogue's hashes. */
    public List<DataFileStatus> check() throws IOException {
        List<DataFileStatus> all = new ArrayList<>();
        for (DataSet set : sets) {
            for (DataFile file : set.files()) {
                all.add(status(set, file));
            }
        }
        return all;
    }

    private DataFileStatus status(DataSet set, DataFile file) throws IOException {
        Optional<Path> path = find(file);
        if (path.isEmpty()) {
            return new DataFileStatus(set.name(), file, DataFileStatus.State.MISSING, null);
        }
        boolean same = matches(path.get(), file);
        return new DataFileStatus(
                set.name(), file, same ? DataFileStatus.State.OK : DataFileStatus.State.DIFFERENT, path.get());
    }

    private static boolean matches(Path path, DataFile file) throws IOException {
        try (InputStream in = Files.newInputStream(path)) {
            if (sha256(in, Long.MAX_VALUE).equals(file.sha256())) {
                return true;
            }
        }
        if (!file.gzipped()) {
            return false;
        }
        // Another gzip of the same content is the same data. One byte too many is enough to tell that it is not.
        try (InputStream in = new GZIPInputStream(Files.newInputStream(path))) {
            return sha256(in, file.bytes() + 1).equals(file.contentSha256());
        } catch (ZipException | EOFException e) {
            return false;
        }
    }

    private static String sha256(InputStream in, long limit) throws IOException {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
        DigestInputStream digested = new DigestInputStream(in, digest);
        byte[] buffer = new byte[1 << 16];
        long left = limit;
        while (left > 0) {
            int read = digested.read(buffer, 0, (int) Math.min(buffer.length, left));
            if (read < 0) {
                break;
            }
            left -= read;
        }
        return hex(digest.digest());
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
