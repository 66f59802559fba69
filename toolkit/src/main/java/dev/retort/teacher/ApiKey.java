package dev.retort.teacher;

import java.util.BitSet;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** A server's key. It goes into the header of a request and nowhere else: it prints as "[key]" and cannot be read back. */
public final class ApiKey {

    /** The environment variable that holds the key. */
    public static final String VARIABLE = "OPENAI_API_KEY";

    private static final String HIDDEN = "[key]";
    /** So many characters of a key that follow each other are hidden wherever a server repeats them. */
    private static final int FRAGMENT = 8;

    private static final Pattern LIKE_A_KEY =
            Pattern.compile("(?i:bearer)\\s+\\S+|\\b(?:sk|pk)-[\\w*.-]{4,}|\\S*\\*{3,}\\S*");

    private final String text;

    private ApiKey(String text) {
        this.text = text;
    }

    /**
     * A key; blanks around it are left out.
     *
     * @throws IllegalArgumentException where it is blank or holds what no header can carry; the message does not show it
     */
    public static ApiKey of(String text) {
        String key = text.strip();
        if (key.isEmpty() || key.chars().anyMatch(c -> c <= ' ' || c >= 0x7f)) {
            throw new IllegalArgumentException("the key is blank, or holds blanks or characters that are not ASCII;"
                    + " set " + VARIABLE + " to the key alone");
        }
        return new ApiKey(key);
    }

    /** The key of OPENAI_API_KEY; none where that is not set or blank. */
    public static Optional<ApiKey> fromEnvironment() {
        return from(System.getenv());
    }

    static Optional<ApiKey> from(Map<String, String> environment) {
        return Optional.ofNullable(environment.get(VARIABLE))
                .filter(text -> !text.isBlank())
                .map(ApiKey::of);
    }

    /** What the Authorization header says. */
    String authorization() {
        return "Bearer " + text;
    }

    /**
     * A server's message without anything like a key in it.
     *
     * @param key the one that was sent, or null
     */
    static String hide(String message, ApiKey key) {
        String hidden = key == null ? message : key.withoutFragments(message);
        return LIKE_A_KEY.matcher(hidden).replaceAll(HIDDEN);
    }

    private String withoutFragments(String message) {
        int size = Math.min(FRAGMENT, text.length());
        BitSet covered = new BitSet();
        for (int from = 0; from + size <= text.length(); from++) {
            String fragment = text.substring(from, from + size);
            for (int at = message.indexOf(fragment); at >= 0; at = message.indexOf(fragment, at + 1)) {
                covered.set(at, at + size);
            }
        }
        StringBuilder shown = new StringBuilder();
        for (int i = 0; i < message.length(); i++) {
            if (!covered.get(i)) {
                shown.append(message.charAt(i));
            } else if (i == 0 || !covered.get(i - 1)) {
                shown.append(HIDDEN);
            }
        }
        return shown.toString();
    }

    @Override
    public String toString() {
        return HIDDEN;
    }
}
