package dev.retort.teacher;

import java.nio.file.Path;

/** Which teacher a command or recipe names: {@code scripted:PROGRAM}, {@code recorded:FILE}, {@code openai:MODEL}, {@code local:MODEL}. */
public sealed interface TeacherSpec {

    /** One of the programs of {@link ScriptedTeacher#of}. */
    record Scripted(String program) implements TeacherSpec {
        @Override
        public String toString() {
            return "scripted:" + program;
        }
    }

    /** A file of samples, see {@link RecordedTeacher}. */
    record Recorded(Path file) implements TeacherSpec {
        @Override
        public String toString() {
            return "recorded:" + file;
        }
    }

    /** A model behind an OpenAI-compatible server. */
    record OpenAi(String model) implements TeacherSpec {
        @Override
        public String toString() {
            return "openai:" + model;
        }
    }

    /** A model of this machine: a Hugging Face folder, a GGUF file or {@code hf:org/name@revision}. */
    record Local(String model) implements TeacherSpec {
        @Override
        public String toString() {
            return "local:" + model;
        }
    }

    /**
     * Reads a specification; everything after the first colon belongs to the teacher. {@code toString} writes it back.
     *
     * @throws IllegalArgumentException where it is none of the four, saying which there are
     */
    static TeacherSpec parse(String text) {
        int colon = text.indexOf(':');
        String kind = colon < 0 ? text : text.substring(0, colon);
        String value = colon < 0 ? "" : text.substring(colon + 1);
        if (value.isBlank()) {
            throw unknown(text);
        }
        return switch (kind) {
            case "scripted" -> new Scripted(ScriptedTeacher.known(value));
            case "recorded" -> new Recorded(Path.of(value));
            case "openai" -> new OpenAi(value);
            case "local" -> new Local(value);
            default -> throw unknown(text);
        };
    }

    private static IllegalArgumentException unknown(String text) {
        return new IllegalArgumentException("\"" + text + "\" names no teacher; there are openai:MODEL, local:MODEL,"
                + " recorded:FILE, scripted:last-letter, scripted:coin-flip, scripted:arithmetic");
    }
}
