package dev.retort.model;

import java.io.IOException;
import java.nio.file.Path;

/** A weight file that cannot be used: one line that names the file, says what is wrong and what to do. */
public final class ModelFileException extends IOException {
    private static final long serialVersionUID = 1L;

    private static final int LONGEST_LINE = 2000;
    private static final int LONGEST_NAME = 200;

    /** @param problem what is wrong; what to do */
    public ModelFileException(Path file, String problem) {
        super(line(file, problem));
    }

    /** @param problem what is wrong; what to do */
    public ModelFileException(Path file, String problem, Throwable cause) {
        super(line(file, problem), cause);
    }

    /** The error about one tensor: {@code FILE: tensor NAME: what is wrong; what to do}. */
    public static ModelFileException tensor(Path file, String name, String problem) {
        return new ModelFileException(file, "tensor " + printable(name) + ": " + problem);
    }

    /** A name from an untrusted file, cut to a length that a line can hold. */
    static String printable(String name) {
        return name.length() <= LONGEST_NAME ? name : name.substring(0, LONGEST_NAME) + "...";
    }

    private static String line(Path file, String problem) {
        String text = file + ": " + problem;
        StringBuilder line = new StringBuilder(Math.min(text.length(), LONGEST_LINE));
        for (int i = 0; i < text.length() && line.length() < LONGEST_LINE; i++) {
            char c = text.charAt(i);
            int type = Character.getType(c);
            boolean breaksLine = type == Character.CONTROL
                    || type == Character.LINE_SEPARATOR
                    || type == Character.PARAGRAPH_SEPARATOR
                    || type == Character.FORMAT;
            line.append(breaksLine ? '?' : c);
        }
        return line.toString();
    }
}
