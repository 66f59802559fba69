package dev.retort.cli;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * One run of the command line inside this process.
 *
 * @param status the exit status
 * @param out what was printed, read as UTF-8
 * @param err likewise
 */
record CliRun(int status, String out, String err) {

    static {
        // The binding reads its level once; a first command with --verbose would set it for every test after.
        org.slf4j.LoggerFactory.getLogger(CliRun.class);
    }

    /** Runs with nothing piped in. */
    static CliRun of(Object... arguments) {
        return with(new byte[0], arguments);
    }

    /** Runs with these bytes piped in. */
    static CliRun with(byte[] input, Object... arguments) {
        InputStream oldIn = System.in;
        PrintStream oldOut = System.out;
        PrintStream oldErr = System.err;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        String[] texts = new String[arguments.length];
        for (int i = 0; i < texts.length; i++) {
            texts[i] = arguments[i].toString();
        }
        try {
            System.setIn(new ByteArrayInputStream(input));
            System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
            System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
            int status = Retort.execute(texts);
            System.out.flush();
            System.err.flush();
            return new CliRun(status, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
        } finally {
            System.setIn(oldIn);
            System.setOut(oldOut);
            System.setErr(oldErr);
        }
    }

    /** Runs with this text piped in. */
    static CliRun with(String input, Object... arguments) {
        return with(input.getBytes(StandardCharsets.UTF_8), arguments);
    }

    /** The lines on stderr. */
    List<String> errLines() {
        return err.lines().toList();
    }

    /** A folder or file of the parity fixtures. */
    static Path fixture(String name) {
        return Path.of(System.getProperty("retort.root"), "toolkit/src/test/resources/models", name);
    }
}
