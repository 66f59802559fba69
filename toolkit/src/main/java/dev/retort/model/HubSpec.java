package dev.retort.model;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * What {@code hf:org/name@revision} names. Every part is checked to be safe in a path and in an address.
 *
 * @param file the path of one file of the repository; null where the whole model is wanted
 */
record HubSpec(String organisation, String name, String revision, String file) {

    static final String PREFIX = "hf:";

    private static final String FORM = "; give hf:org/name@revision or hf:org/name@revision/path/to/file.gguf";
    private static final String GGUF = ".gguf";
    private static final int LONGEST_REVISION = 200;
    private static final int LONGEST_FILE = 1000;
    private static final int LONGEST_SHOWN = 200;

    /** The hub's rule; the cache's folder separates the two names by two hyphens. */
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_]([A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?");

    /** Narrower than git's rule for a component of a reference. */
    private static final Pattern REVISION_PART = Pattern.compile("[A-Za-z0-9_+=#@,%-][A-Za-z0-9._+=#@,%-]*");

    /** @throws IllegalArgumentException with one line that says what is wrong */
    static HubSpec parse(String spec) {
        if (!spec.startsWith(PREFIX)) {
            throw wrong(spec, "does not start with " + PREFIX);
        }
        String text = spec.substring(PREFIX.length());
        int at = text.indexOf('@');
        List<String> names = parts(at < 0 ? text : text.substring(0, at));
        if (names.size() < 2 || (at >= 0 && names.size() > 2)) {
            throw wrong(spec, "names no repository");
        }
        String revision = "main";
        List<String> file = names.subList(2, names.size());
        if (at >= 0) {
            List<String> tail = parts(text.substring(at + 1));
            boolean namesFile =
                    tail.get(tail.size() - 1).toLowerCase(Locale.ROOT).endsWith(GGUF);
            // refs/pr/1 and refs/convert/parquet are the hub's only references of more than one part that need no
            // branch.
            int ofRevision = !namesFile ? tail.size() : tail.get(0).equals("refs") ? 3 : 1;
            if (namesFile && tail.size() <= ofRevision) {
                throw wrong(spec, "names a file without its revision");
            }
            revision = String.join("/", tail.subList(0, ofRevision));
            file = tail.subList(ofRevision, tail.size());
        }
        if (!isName(names.get(0)) || !isName(names.get(1))) {
            throw wrong(spec, "its organisation or name is none that the hub allows");
        }
        if (!isRevision(revision)) {
            throw wrong(spec, "its revision is no branch, tag or commit");
        }
        if (file.isEmpty()) {
            return new HubSpec(names.get(0), names.get(1), revision, null);
        }
        String path = String.join("/", file);
        if (!isFile(path) || !path.toLowerCase(Locale.ROOT).endsWith(GGUF)) {
            throw wrong(spec, "its file is no path of a " + GGUF + " file in a repository");
        }
        return new HubSpec(names.get(0), names.get(1), revision, path);
    }

    private static IllegalArgumentException wrong(String spec, String what) {
        return new IllegalArgumentException("model " + shown(spec) + ": " + what + FORM);
    }

    private static List<String> parts(String text) {
        return Arrays.asList(text.split("/", -1));
    }

    private static boolean isName(String text) {
        return NAME.matcher(text).matches() && !text.contains("--") && !text.contains("..") && !text.endsWith(".git");
    }

    private static boolean isRevision(String text) {
        return text.length() <= LONGEST_REVISION
                && parts(text).stream()
                        .allMatch(part -> REVISION_PART.matcher(part).matches()
                                && !part.contains("..")
                                && !part.endsWith(".lock"));
    }

    /** Whether a path stays inside the folder that it is resolved against. */
    static boolean isFile(String path) {
        return path.length() <= LONGEST_FILE
                && !path.contains("\\")
                && path.chars().noneMatch(HubSpec::breaksLine)
                && parts(path).stream()
                        .allMatch(part -> !part.isBlank()
                                && !part.equals(".")
                                && !part.equals("..")
                                && part.getBytes(StandardCharsets.UTF_8).length <= 255);
    }

    /** A text from outside, fit for one line of a message. */
    static String shown(String text) {
        StringBuilder line = new StringBuilder();
        text.chars().limit(LONGEST_SHOWN).forEach(c -> line.append(breaksLine(c) ? '?' : (char) c));
        return text.length() <= LONGEST_SHOWN ? line.toString() : line + "...";
    }

    private static boolean breaksLine(int c) {
        int type = Character.getType(c);
        return type == Character.CONTROL
                || type == Character.FORMAT
                || type == Character.LINE_SEPARATOR
                || type == Character.PARAGRAPH_SEPARATOR;
    }

    /** {@code org/name}. */
    String repository() {
        return organisation + "/" + name;
    }

    @Override
    public String toString() {
        return PREFIX + repository() + "@" + revision + (file == null ? "" : "/" + file);
    }
}
