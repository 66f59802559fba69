package dev.retort.data;

import java.io.BufferedWriter;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * Files that are whole or absent: written beside, synced, renamed. An interruption of the thread stops none of it; it stands
 * afterwards.
 */
public final class AtomicFiles {

    /** The suffix of a file or folder that is not finished. */
    public static final String PARTIAL = ".partial";

    private AtomicFiles() {}

    /** What fills a stream. */
    @FunctionalInterface
    public interface Content<W> {
        void write(W out) throws IOException;
    }

    /** Replaces a file by what the content writes. */
    public static void write(Path file, Content<OutputStream> content) throws IOException {
        Path parent = file.toAbsolutePath().getParent();
        Files.createDirectories(parent);
        Path beside = parent.resolve(file.getFileName() + PARTIAL);
        // No channel: one that a thread writes to is closed when the thread is interrupted.
        try (FileOutputStream out = new FileOutputStream(beside.toFile())) {
            content.write(out);
            out.getFD().sync();
        } catch (IOException | RuntimeException e) {
            Files.deleteIfExists(beside);
            throw e;
        }
        if (Files.isRegularFile(file) && Files.mismatch(beside, file) < 0) {
            // What is there already is not touched: who looks at times sees that nothing was done.
            Files.delete(beside);
            return;
        }
        move(beside, file);
    }

    /** Replaces a file by text in UTF-8. */
    public static void writeText(Path file, Content<BufferedWriter> content) throws IOException {
        write(file, out -> {
            BufferedWriter writer = new BufferedWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8), 1 << 16);
            content.write(writer);
            writer.flush();
        });
    }

    /** Replaces a file by this text in UTF-8. */
    public static void writeText(Path file, String text) throws IOException {
        writeText(file, writer -> writer.write(text));
    }

    /**
     * Makes a folder whole or absent: the content fills a folder beside, every file of it is synced, then it is renamed.
     * An older folder of that name is replaced.
     */
    public static void writeFolder(Path folder, Content<Path> content) throws IOException {
        Path target = folder.toAbsolutePath();
        Files.createDirectories(target.getParent());
        Path beside = target.resolveSibling(target.getFileName() + PARTIAL);
        deleteTree(beside);
        Files.createDirectories(beside);
        content.write(beside);
        try (var paths = Files.walk(beside)) {
            for (Path path : (Iterable<Path>) paths::iterator) {
                sync(path);
            }
        }
        Path old = null;
        if (Files.exists(target)) {
            old = target.resolveSibling(target.getFileName() + ".old" + PARTIAL);
            deleteTree(old);
            Files.move(target, old, StandardCopyOption.ATOMIC_MOVE);
        }
        move(beside, target);
        if (old != null) {
            deleteTree(old);
        }
    }

    /** Deletes a file or folder with all it holds; absent is fine. Links are removed, not followed. */
    public static void deleteTree(Path root) throws IOException {
        if (!Files.exists(root, java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path dir, IOException e) throws IOException {
                if (e != null) {
                    throw e;
                }
                Files.delete(dir);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private static void move(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        sync(to.toAbsolutePath().getParent());
    }

    /** Asks the operating system to bring a file or folder to disk. */
    public static void sync(Path path) throws IOException {
        // Nothing but a channel opens a folder.
        boolean interrupted = Thread.interrupted();
        try {
            while (!force(path)) {
                interrupted |= Thread.interrupted();
            }
        } catch (NoSuchFileException e) {
            throw new UncheckedIOException(e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** False where the thread was interrupted meanwhile. */
    private static boolean force(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            channel.force(true);
            return true;
        } catch (ClosedByInterruptException e) {
            return false;
        }
    }
}
