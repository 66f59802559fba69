package dev.retort.bench;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** A side that says it took the seconds it is given, and notes its turns. */
final class FakeWorker {

    private FakeWorker() {}

    /** A side of this name; see {@link #main} for the script. */
    static Side side(String name, Path turns, String... script) {
        List<String> command = new ArrayList<>(List.of(
                System.getProperty("java.home") + File.separator + "bin" + File.separator + "java",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                FakeWorker.class.getName(),
                turns.toString(),
                name));
        command.addAll(Arrays.asList(script));
        return new Side(name, "a fake called " + name, command);
    }

    /**
     * Arguments: the file that takes a line for every turn; what the lines say; then the script. Its first word is printed at
     * the start and each further one after a turn: "ready"; a number of seconds; "end" ends early; "busy" never answers; and
     * anything else is printed as it stands.
     */
    public static void main(String[] arguments) throws IOException, InterruptedException {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (int i = 2; i < arguments.length; i++) {
            if (i > 2) {
                String line = in.readLine();
                if (line == null) {
                    return;
                }
                Files.writeString(
                        Path.of(arguments[0]),
                        arguments[1] + " " + line + "\n",
                        StandardOpenOption.CREATE,
                        StandardOpenOption.APPEND);
            }
            if (!answer(arguments[1], arguments[i])) {
                return;
            }
        }
        // Nothing more is asked for, and nothing but the end of the input is waited for.
        if (in.readLine() != null) {
            System.err.println("a turn too many");
        }
    }

    private static boolean answer(String name, String word) throws InterruptedException {
        switch (word) {
            case "ready" -> System.out.println("{\"ready\": true}");
            case "end" -> {
                System.err.println(name + " had enough");
                return false;
            }
            case "busy" -> new CountDownLatch(1).await();
            default -> System.out.println(
                    word.matches("[0-9.]+")
                            ? "{\"first_loss\": 0.5, \"spin\": \"" + System.getenv("GOMP_SPINCOUNT")
                                    + "\", \"seconds\": " + word + "}"
                            : word);
        }
        System.out.flush();
        return true;
    }
}
