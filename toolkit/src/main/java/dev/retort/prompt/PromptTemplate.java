package dev.retort.prompt;

import dev.retort.data.Message;
import dev.retort.data.Question;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A text with slots, each a name in braces such as {question}; a brace itself is written twice. A template of a file begins
 * with header lines {@code # key: value} that say where it comes from, up to a line {@code ---}; the text is what follows,
 * less its last line break.
 */
public final class PromptTemplate {

    private static final String FOLDER = "/prompts/";
    private static final String HEADER_END = "---";

    private final String name;
    private final Map<String, String> header;
    private final String text;
    /** Texts and slots in turn: an even index holds text, an odd one a slot's name. */
    private final List<String> parts;

    private PromptTemplate(String name, Map<String, String> header, String text) {
        this.name = name;
        this.header = Collections.unmodifiableMap(new LinkedHashMap<>(header));
        this.text = text;
        this.parts = parts(name, text);
    }

    /**
     * A template that is not in a file.
     *
     * @throws IllegalArgumentException where a brace is neither doubled nor part of a slot
     */
    public static PromptTemplate of(String name, String text) {
        return new PromptTemplate(name, Map.of(), text);
    }

    /**
     * A template with its header, as the files have it.
     *
     * @throws IllegalArgumentException where the header names no source, or the text has a stray brace
     */
    public static PromptTemplate parse(String name, String file) {
        Map<String, String> header = new LinkedHashMap<>();
        String rest = file;
        while (true) {
            int end = rest.indexOf('\n');
            String line = end < 0 ? rest : rest.substring(0, end);
            rest = end < 0 ? "" : rest.substring(end + 1);
            if (line.equals(HEADER_END)) {
                break;
            }
            int colon = line.indexOf(": ");
            if (!line.startsWith("# ") || colon < 0) {
                throw new IllegalArgumentException("prompt " + name + ": the line \"" + line
                        + "\" before the line --- is not a header line such as \"# source: ...\"");
            }
            header.put(line.substring(2, colon), line.substring(colon + 2));
        }
        if (!header.containsKey("source")) {
            throw new IllegalArgumentException("prompt " + name
                    + ": the header has no line \"# source: ...\"; write \"# source: ours\" for your own");
        }
        return new PromptTemplate(name, header, rest.endsWith("\n") ? rest.substring(0, rest.length() - 1) : rest);
    }

    /**
     * A template that comes with the toolkit.
     *
     * @throws IllegalArgumentException where there is none of that name; the message lists those there are
     */
    public static PromptTemplate named(String name) {
        List<String> names = names();
        if (!names.contains(name)) {
            throw new IllegalArgumentException("no prompt is named " + name + "; did you mean " + nearest(name, names)
                    + "? There are " + String.join(", ", names));
        }
        return parse(name, resource(name + ".txt"));
    }

    /** The names of the templates that come with the toolkit, sorted. */
    public static List<String> names() {
        return resource("names").lines().toList();
    }

    public String name() {
        return name;
    }

    /** Where the text comes from: "ours", or the repository or paper it was taken from; empty when not known. */
    public String source() {
        return header.getOrDefault("source", "");
    }

    /** The header lines by key: source, paper, licence, note. */
    public Map<String, String> header() {
        return header;
    }

    /** The text with its slots unfilled. */
    public String text() {
        return text;
    }

    /** The names of the slots, in the order of their first use. */
    public Set<String> slots() {
        Set<String> slots = new LinkedHashSet<>();
        for (int i = 1; i < parts.size(); i += 2) {
            slots.add(parts.get(i));
        }
        return slots;
    }

    /**
     * The text with every slot filled. Values are put in as they are: braces in them are not slots.
     *
     * @throws IllegalArgumentException that names the slots without a value and the values without a slot
     */
    public String fill(Map<String, String> values) {
        List<String> wrong = new ArrayList<>();
        for (String slot : slots()) {
            if (values.get(slot) == null) {
                wrong.add("no value for {" + slot + "}");
            }
        }
        for (String value : values.keySet()) {
            if (!slots().contains(value)) {
                wrong.add("no slot {" + value + "}");
            }
        }
        if (!wrong.isEmpty()) {
            Collections.sort(wrong);
            throw new IllegalArgumentException("prompt " + name + ": " + String.join(", ", wrong) + "; its slots are "
                    + String.join(", ", slots()));
        }
        return filled(values);
    }

    /**
     * The question with this prompt in place of its last user turn. The slot {question} is that turn's text; any other slot
     * is the text field of that name among the question's unknown fields.
     *
     * @throws IllegalArgumentException where the question has no user turn or lacks a field
     */
    public Question apply(Question question) {
        Map<String, String> values = new LinkedHashMap<>();
        for (String slot : slots()) {
            if (slot.equals("question")) {
                values.put(slot, question.text());
            } else if (question.extra().containsKey(slot)
                    && question.extra().get(slot).isTextual()) {
                values.put(slot, question.extra().get(slot).textValue());
            } else {
                throw new IllegalArgumentException("prompt " + name + ": question " + question.id()
                        + " has no text field " + slot + " to fill the slot with");
            }
        }
        if (!question.hasUserTurn()) {
            throw new IllegalArgumentException("prompt " + name + ": question " + question.id() + " has no user turn");
        }
        List<Message> messages = new ArrayList<>(question.messages());
        messages.set(question.textTurn(), Message.user(filled(values)));
        return new Question(question.id(), question.task(), messages, question.reference(), question.extra());
    }

    private String filled(Map<String, String> values) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < parts.size(); i++) {
            out.append(i % 2 == 0 ? parts.get(i) : values.get(parts.get(i)));
        }
        return out.toString();
    }

    private static List<String> parts(String name, String text) {
        List<String> parts = new ArrayList<>();
        StringBuilder part = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c != '{' && c != '}') {
                part.append(c);
            } else if (i + 1 < text.length() && text.charAt(i + 1) == c) {
                part.append(c);
                i++;
            } else {
                int end = c == '{' ? text.indexOf('}', i) : -1;
                String slot = end < 0 ? "" : text.substring(i + 1, end);
                if (!slot.matches("[a-z][a-z0-9_]*")) {
                    throw new IllegalArgumentException("prompt " + name + ": the brace at character " + (i + 1)
                            + " opens no slot such as {question}; a brace itself is written twice");
                }
                parts.add(part.toString());
                parts.add(slot);
                part.setLength(0);
                i = end;
            }
        }
        parts.add(part.toString());
        return List.copyOf(parts);
    }

    private static String resource(String file) {
        try (InputStream in = PromptTemplate.class.getResourceAsStream(FOLDER + file)) {
            if (in == null) {
                throw new IllegalStateException("the resource " + FOLDER + file + " is missing from the toolkit");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("the resource " + FOLDER + file + " cannot be read", e);
        }
    }

    private static String nearest(String name, Collection<String> names) {
        String nearest = "";
        int least = Integer.MAX_VALUE;
        for (String candidate : names) {
            int distance = distance(name, candidate);
            if (distance < least) {
                least = distance;
                nearest = candidate;
            }
        }
        return nearest;
    }

    /** Levenshtein's distance. */
    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j < row.length; j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j < row.length; j++) {
                int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.length()];
    }
}
