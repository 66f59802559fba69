package dev.retort.model;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Brings one file of a repository to a path, going on where an earlier download was cut. */
final class HubDownload {

    /** This much more than ever is progress, after which the failures are counted anew. */
    private static final long PROGRESS = 8L << 20;

    private static final int BUFFER = 1 << 16;
    private static final long TELL_AFTER = Duration.ofSeconds(2).toNanos();
    private static final long TELL_EVERY = Duration.ofMillis(100).toNanos();
    private static final Pattern CONTENT_RANGE = Pattern.compile("bytes (\\d{1,18})-(\\d{1,18})/(\\d{1,18}|\\*)");

    private final HubClient client;
    private final HubMachine machine;
    private final DownloadListener listener;
    private final HubSpec spec;
    private final HubFile file;
    private final long most;
    private final Path path;
    private final long start;
    private long told;

    /**
     * @param most bytes that the file may have
     * @param path of the unfinished file; its folder is there
     */
    HubDownload(
            HubClient client,
            HubMachine machine,
            DownloadListener listener,
            HubSpec spec,
            HubFile file,
            long most,
            Path path) {
        this.client = client;
        this.machine = machine;
        this.listener = listener;
        this.spec = spec;
        this.file = file;
        this.most = most;
        this.path = path;
        start = machine.nanoTime();
        told = start;
    }

    /** Downloads the file, checks it and brings it to disk. A download that is cut stays for the next one. */
    void run() throws IOException, InterruptedException {
        refuseMoreThan(most, file.bytes());
        int failures = 0;
        // Not what is there now: a server that lets the file begin anew for ever makes no progress.
        long longest = Files.exists(path) ? Files.size(path) : 0;
        while (true) {
            try {
                attempt();
                return;
            } catch (HubUnreachableException e) {
                long bytes = Files.size(path);
                failures = bytes - longest > PROGRESS ? 1 : failures + 1;
                longest = Math.max(longest, bytes);
                client.pause(e, failures, HubClient.ATTEMPTS);
            }
        }
    }

    private void attempt() throws IOException, InterruptedException {
        try (FileChannel out =
                FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            MessageDigest digest = sha256();
            if (file.bytes() >= 0 && out.size() > file.bytes()) {
                out.truncate(0);
            }
            long had = out.size();
            out.position(0);
            if (had > 0 && file.sha256() != null) {
                digest(out, digest);
            }
            out.position(had);
            boolean resumed = had > 0;
            if (had != file.bytes()) {
                resumed = receive(out, digest);
            }
            if (file.sha256() != null
                    && !HexFormat.of().formatHex(digest.digest()).equals(file.sha256())) {
                out.truncate(0);
                String wrong = spec + ": the content of " + file.name() + " has another sha256 than " + file.sha256();
                if (resumed) {
                    // The part that was there may be to blame.
                    throw new HubUnreachableException(wrong, Duration.ZERO, null);
                }
                throw new IOException(wrong + "; do not trust this source, or check HF_ENDPOINT");
            }
            out.force(true);
        }
    }

    private static void digest(FileChannel in, MessageDigest digest) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
        while (in.read(buffer) >= 0) {
            digest.update(buffer.flip());
            buffer.clear();
        }
    }

    /** Receives the rest of the file and says whether it was put behind a part that was there. */
    private boolean receive(FileChannel out, MessageDigest digest) throws IOException, InterruptedException {
        long had = out.position();
        try (HubClient.Reply reply = client.content(spec, file, had)) {
            if (had > 0 && !resumes(reply, had)) {
                out.truncate(0);
                digest.reset();
                had = 0;
                if (reply.status() != 200) {
                    throw new HubUnreachableException(
                            spec + ": " + client.server(reply) + " does not go on with " + file.name()
                                    + " where it was cut",
                            Duration.ZERO,
                            null);
                }
            }
            if (had == 0 && reply.status() != 200) {
                throw new IOException(spec + ": " + client.server(reply) + " answers with status " + reply.status()
                        + " for " + file.name() + "; check HF_ENDPOINT");
            }
            long total = total(reply, had);
            long limit = Math.min(most, total >= 0 ? total : Long.MAX_VALUE);
            long room = machine.usableBytes(path.getParent());
            if (total >= 0) {
                HubClient.refuseWithoutRoom(spec, total - had, room, path.getParent());
            } else {
                limit = Math.min(limit, had + room);
            }
            copy(reply, out, digest, had, total, limit);
            return had > 0;
        }
    }

    private boolean resumes(HubClient.Reply reply, long had) {
        if (reply.status() != 206) {
            return false;
        }
        String header = reply.header("content-range");
        Matcher range = CONTENT_RANGE.matcher(header == null ? "" : header.strip());
        return range.matches()
                && Long.parseLong(range.group(1)) == had
                && (file.bytes() < 0 || range.group(3).equals("*") || Long.parseLong(range.group(3)) == file.bytes());
    }

    /** The length of the whole file; negative where nothing says it but the end of the response can be told. */
    private long total(HubClient.Reply reply, long had) throws IOException {
        long length = reply.length();
        long total = length < 0 ? -1 : had + length;
        if (total >= 0 && file.bytes() >= 0 && total != file.bytes()) {
            throw new IOException(spec + ": " + client.server(reply) + " sends " + total + " bytes of " + file.name()
                    + ", not the " + file.bytes() + " that the hub says it has; try again later, or check HF_ENDPOINT");
        }
        if (total < 0) {
            total = file.bytes();
        }
        boolean chunked = "chunked".equalsIgnoreCase(reply.header("transfer-encoding"));
        if (total < 0 && !chunked && file.sha256() == null) {
            throw new IOException(spec + ": " + client.server(reply) + " does not say how long " + file.name()
                    + " is, so that it could be cut unnoticed; check HF_ENDPOINT");
        }
        refuseMoreThan(most, total);
        return total;
    }

    private void refuseMoreThan(long limit, long bytes) throws IOException {
        if (bytes > limit) {
            throw new IOException(spec + ": " + file.name() + " has more than the " + limit
                    + " bytes that it may have; check that this is the model that is wanted");
        }
    }

    private void copy(HubClient.Reply reply, FileChannel out, MessageDigest digest, long had, long total, long limit)
            throws IOException, InterruptedException {
        long done = had;
        for (List<ByteBuffer> buffers = next(reply); buffers != null; buffers = next(reply)) {
            for (ByteBuffer buffer : buffers) {
                done += buffer.remaining();
                if (done > limit) {
                    out.truncate(0);
                    refuseMoreThan(limit, done);
                }
                if (file.sha256() != null) {
                    digest.update(buffer.duplicate());
                }
                write(buffer, out);
            }
            tell(done, total, false);
        }
        if (done < total) {
            throw new HubUnreachableException(
                    String.format(Locale.ROOT, "%s: %s was cut after %d of %d bytes", spec, file.name(), done, total),
                    null,
                    null);
        }
        tell(done, done, true);
    }

    private void write(ByteBuffer buffer, FileChannel out) throws IOException {
        try {
            while (buffer.hasRemaining()) {
                out.write(buffer);
            }
        } catch (IOException e) {
            throw new ModelFileException(
                    path,
                    "cannot be written (" + e.getMessage() + "); free some space, or set HF_HOME to another disk",
                    e);
        }
    }

    private List<ByteBuffer> next(HubClient.Reply reply) throws IOException, InterruptedException {
        try {
            return reply.body().next();
        } catch (IOException e) {
            throw client.broken(spec, e);
        }
    }

    private void tell(long done, long total, boolean last) {
        long now = machine.nanoTime();
        if (now - start > TELL_AFTER && (last || now - told >= TELL_EVERY)) {
            told = now;
            listener.onDownload(file.name(), done, total);
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
