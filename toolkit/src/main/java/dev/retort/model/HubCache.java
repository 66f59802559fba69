package dev.retort.model;

import dev.retort.data.AtomicFiles;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One repository's part of the Hugging Face cache, laid out as the Python library does: refs/REVISION holds a commit,
 * and snapshots/COMMIT/FILE links to blobs/ETAG.
 */
final class HubCache {

    private static final Logger LOG = LoggerFactory.getLogger(HubCache.class);
    private static final Duration POLL = Duration.ofMillis(200);
    private static final int POLLS_BEFORE_WORD = 10;
    private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");
    private static final Pattern REFERENCE = Pattern.compile("[0-9A-Za-z]{1,64}");

    // POSIX drops a process's lock when the process closes any descriptor of the file, so that a second thread that
    // only
    // looks would break the first one's.
    private static final ReentrantLock IN_THIS_PROCESS = new ReentrantLock();

    private final Path hub;
    private final Path folder;
    private final HubSpec spec;
    private final HubMachine machine;

    HubCache(Path hub, HubSpec spec, HubMachine machine) {
        this.hub = hub;
        this.spec = spec;
        this.machine = machine;
        folder = hub.resolve("models--" + spec.organisation() + "--" + spec.name());
    }

    /** Whether a revision is a whole commit, which no reference names. */
    static boolean isCommit(String revision) {
        return COMMIT.matcher(revision).matches();
    }

    /** The commit that the revision was at when it was last fetched; null where it never was. */
    String commit() throws IOException {
        if (isCommit(spec.revision())) {
            return spec.revision();
        }
        Path reference = reference();
        if (!Files.isRegularFile(reference)) {
            return null;
        }
        if (Files.size(reference) <= 100) {
            String commit =
                    Files.readString(reference, StandardCharsets.ISO_8859_1).strip();
            if (REFERENCE.matcher(commit).matches()) {
                return commit;
            }
        }
        throw new ModelFileException(reference, "holds no commit; remove the file and fetch the model again");
    }

    private Path reference() {
        return folder.resolve("refs").resolve(spec.revision());
    }

    /** Notes the commit that the revision is at. */
    void setCommit(String commit) throws IOException, InterruptedException {
        if (isCommit(spec.revision()) || commit.equals(commit())) {
            return;
        }
        locked("refs", () -> AtomicFiles.writeText(reference(), commit));
    }

    /** The folder of a commit's files. */
    Path snapshot(String commit) {
        return folder.resolve("snapshots").resolve(commit);
    }

    Path blobs() {
        return folder.resolve("blobs");
    }

    /** Where an unfinished download of a file stands. */
    Path partial(HubFile file) {
        return blobs().resolve(file.etag() + ".incomplete");
    }

    /** Whether the content of a file is there, whole. */
    boolean hasBlob(HubFile file) throws IOException {
        Path blob = blobs().resolve(file.etag());
        return Files.isRegularFile(blob) && (file.bytes() < 0 || Files.size(blob) == file.bytes());
    }

    /** Gives a finished download its name. */
    void finish(HubFile file) throws IOException {
        Files.move(
                partial(file),
                blobs().resolve(file.etag()),
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
        AtomicFiles.sync(blobs());
    }

    /** Makes a commit's file the content that is there. */
    void link(String commit, HubFile file) throws IOException {
        Path link = snapshot(commit).resolve(file.name());
        Files.createDirectories(link.getParent());
        Path beside = link.resolveSibling(link.getFileName() + AtomicFiles.PARTIAL);
        Files.deleteIfExists(beside);
        try {
            Files.createSymbolicLink(beside, link.getParent().relativize(blobs().resolve(file.etag())));
        } catch (IOException | UnsupportedOperationException e) {
            throw new ModelFileException(
                    link, "cannot be made a symbolic link (" + e + "); set HF_HOME to a disk that has them", e);
        }
        Files.move(beside, link, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        AtomicFiles.sync(link.getParent());
    }

    /** What is done while no other process does it. */
    @FunctionalInterface
    interface Action {
        void run() throws IOException, InterruptedException;
    }

    /** Runs an action under the lock of a blob, waiting for another process that holds it. */
    void locked(String name, Action action) throws IOException, InterruptedException {
        Path file = hub.resolve(".locks").resolve(folder.getFileName()).resolve(name + ".lock");
        Files.createDirectories(file.getParent());
        IN_THIS_PROCESS.lockInterruptibly();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            FileLock lock = tryLock(channel, file);
            for (int polls = 1; lock == null; polls++) {
                if (polls == POLLS_BEFORE_WORD) {
                    LOG.warn("{}: waiting for another process that downloads it ({})", spec, file);
                }
                machine.sleep(POLL);
                lock = tryLock(channel, file);
            }
            try {
                action.run();
            } finally {
                lock.release();
            }
        } finally {
            IN_THIS_PROCESS.unlock();
        }
    }

    private static FileLock tryLock(FileChannel channel, Path file) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            // Held in this process, but not by this class.
            return null;
        } catch (IOException e) {
            throw new ModelFileException(
                    file, "cannot be locked (" + e.getMessage() + "); set HF_HOME to a disk that has file locks", e);
        }
    }
}
