package dev.retort.run;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * The revision of Retort that ran.
 *
 * @param revision the commit's hash, or "unknown"
 * @param dirty whether tracked files differed from it; false where that could not be told
 */
public record GitRevision(String revision, boolean dirty) {

    private static final String UNKNOWN = "unknown";
    private static final String PACKED = "/retort-build.properties";
    private static final Pattern HASH = Pattern.compile("[0-9a-f]{40,64}");

    /**
     * The revision of the checkout that the system property retort.root names, else the property git.revision of the
     * resource retort-build.properties, else unknown; never fails.
     */
    public static GitRevision detect() {
        String root = System.getProperty("retort.root");
        if (root != null) {
            GitRevision checkout = of(Path.of(root));
            if (!checkout.revision.equals(UNKNOWN)) {
                return checkout;
            }
        }
        return new GitRevision(packed("git.revision"), false);
    }

    /** The revision of a checkout, or unknown where the folder is none or git is missing; never fails. */
    public static GitRevision of(Path checkout) {
        // A folder without .git may lie inside some other project's checkout, whose revision says nothing about Retort.
        if (!Files.exists(checkout.resolve(".git"))) {
            return new GitRevision(UNKNOWN, false);
        }
        try {
            Process revParse = git(checkout, "rev-parse", "HEAD");
            String revision = new String(revParse.getInputStream().readNBytes(100), StandardCharsets.US_ASCII).strip();
            if (exitValue(revParse) != 0 || !HASH.matcher(revision).matches()) {
                return new GitRevision(UNKNOWN, false);
            }
            Process diff = git(checkout, "diff", "--quiet", "HEAD", "--");
            return new GitRevision(revision, exitValue(diff) == 1);
        } catch (IOException e) {
            return new GitRevision(UNKNOWN, false);
        }
    }

    /** A property that the build packed, or "unknown". */
    static String packed(String property) {
        try (InputStream in = GitRevision.class.getResourceAsStream(PACKED)) {
            Properties properties = new Properties();
            if (in != null) {
                properties.load(in);
            }
            return properties.getProperty(property, UNKNOWN);
        } catch (IOException | IllegalArgumentException e) {
            return UNKNOWN;
        }
    }

    private static Process git(Path folder, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("git", "-C", folder.toString()));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .redirectInput(ProcessBuilder.Redirect.from(nullDevice()))
                .start();
    }

    private static File nullDevice() {
        return new File(System.getProperty("os.name").startsWith("Windows") ? "NUL" : "/dev/null");
    }

    /** The exit status, or -1 where the command does not end within ten seconds. */
    private static int exitValue(Process process) {
        try {
            if (process.waitFor(10, TimeUnit.SECONDS)) {
                return process.exitValue();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        process.destroyForcibly();
        return -1;
    }
}
