package dev.retort.prompt;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/** Python's string methods where Java's differ: what counts as white space, splitting, and counting in code points. */
final class JinjaStrings {

    private JinjaStrings() {}

    /** Python's str.isspace of one character. */
    static boolean isSpace(int c) {
        return (c >= 9 && c <= 13)
                || (c >= 28 && c <= 32)
                || c == 0x85
                || c == 0xa0
                || (c > 0xff && Character.isSpaceChar(c));
    }

    /** Whether every character is white space; true of no character at all. */
    static boolean isSpace(String text) {
        return text.codePoints().allMatch(JinjaStrings::isSpace);
    }

    static String strip(String text, String characters) {
        return stripStart(stripEnd(text, characters), characters);
    }

    /** Without leading white space, or without leading characters of the given ones. */
    static String stripStart(String text, String characters) {
        int from = 0;
        while (from < text.length()) {
            int c = text.codePointAt(from);
            if (!goes(c, characters)) {
                break;
            }
            from += Character.charCount(c);
        }
        return text.substring(from);
    }

    /** Without trailing white space, or without trailing characters of the given ones. */
    static String stripEnd(String text, String characters) {
        int to = text.length();
        while (to > 0) {
            int c = text.codePointBefore(to);
            if (!goes(c, characters)) {
                break;
            }
            to -= Character.charCount(c);
        }
        return text.substring(0, to);
    }

    private static boolean goes(int c, String characters) {
        return characters == null ? isSpace(c) : characters.indexOf(c) >= 0;
    }

    /** Python's split at runs of white space; limit -1 for no limit. */
    static List<Object> split(String text, long limit) {
        List<Object> parts = new ArrayList<>();
        int from = skip(text, 0, true);
        while (from < text.length()) {
            if (limit >= 0 && parts.size() >= limit) {
                add(parts, stripEnd(text.substring(from), null));
                return parts;
            }
            int to = skip(text, from, false);
            add(parts, text.substring(from, to));
            from = skip(text, to, true);
        }
        return parts;
    }

    private static void add(List<Object> parts, String part) {
        if (parts.size() >= JinjaValues.MOST_ITEMS) {
            throw new JinjaException("the template cuts a text into more than " + JinjaValues.MOST_ITEMS + " parts");
        }
        parts.add(part);
    }

    /** How often a text that is not empty occurs, without overlaps. */
    static long count(String text, String part) {
        long count = 0;
        for (int at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length())) {
            count++;
        }
        return count;
    }

    /** The index of the first character at or after this one that is not (or is) white space. */
    private static int skip(String text, int from, boolean space) {
        int index = from;
        while (index < text.length() && isSpace(text.codePointAt(index)) == space) {
            index += Character.charCount(text.codePointAt(index));
        }
        return index;
    }

    /** Python's split at a separator that is not empty; limit -1 for no limit. */
    static List<Object> split(String text, String separator, long limit) {
        List<Object> parts = new ArrayList<>();
        int from = 0;
        for (int at = text.indexOf(separator);
                at >= 0 && (limit < 0 || parts.size() < limit);
                at = text.indexOf(separator, from)) {
            add(parts, text.substring(from, at));
            from = at + separator.length();
        }
        add(parts, text.substring(from));
        return parts;
    }

    /** Python's rsplit at a separator that is not empty; limit -1 for no limit. */
    static List<Object> splitFromEnd(String text, String separator, long limit) {
        List<Object> parts = new ArrayList<>();
        int to = text.length();
        for (int at = text.lastIndexOf(separator);
                at >= 0 && (limit < 0 || parts.size() < limit);
                at = to - separator.length() < 0 ? -1 : text.lastIndexOf(separator, to - separator.length())) {
            add(parts, text.substring(at + separator.length(), to));
            to = at;
        }
        add(parts, text.substring(0, to));
        Collections.reverse(parts);
        return parts;
    }

    /** Python's splitlines, without the ends. */
    static List<Object> lines(String text) {
        List<Object> lines = new ArrayList<>();
        int from = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean ends = (c >= 10 && c <= 13) || (c >= 28 && c <= 30) || c == 0x85 || c == 0x2028 || c == 0x2029;
            if (ends) {
                add(lines, text.substring(from, i));
                if (c == '\r' && i + 1 < text.length() && text.charAt(i + 1) == '\n') {
                    i++;
                }
                from = i + 1;
            }
        }
        if (from < text.length()) {
            add(lines, text.substring(from));
        }
        return lines;
    }

    /** Replaces at most limit occurrences; -1 for all. An empty old text stands before every character and at the end. */
    static String replace(String text, String old, String with, long limit) {
        if (limit < 0 && !old.isEmpty()) {
            return text.replace(old, with);
        }
        StringBuilder out = new StringBuilder();
        long left = limit < 0 ? Long.MAX_VALUE : limit;
        if (old.isEmpty()) {
            for (int i = 0; i < text.length(); i += Character.charCount(text.codePointAt(i))) {
                if (left-- > 0) {
                    out.append(with);
                }
                out.appendCodePoint(text.codePointAt(i));
            }
            return left > 0 ? out.append(with).toString() : out.toString();
        }
        int from = 0;
        for (int at = text.indexOf(old); at >= 0 && left > 0; at = text.indexOf(old, from)) {
            out.append(text, from, at).append(with);
            from = at + old.length();
            left--;
        }
        return out.append(text, from, text.length()).toString();
    }

    static String capitalize(String text) {
        if (text.isEmpty()) {
            return text;
        }
        int first = Character.charCount(text.codePointAt(0));
        return new StringBuilder()
                .appendCodePoint(Character.toTitleCase(text.codePointAt(0)))
                .append(text.substring(first).toLowerCase(Locale.ROOT))
                .toString();
    }

    /** Upper case after each character that the words are separated by, else lower case. */
    static String title(String text, boolean anyNonLetterSeparates) {
        StringBuilder out = new StringBuilder();
        boolean begins = true;
        for (int i = 0; i < text.length(); ) {
            int c = text.codePointAt(i);
            i += Character.charCount(c);
            if (begins) {
                out.append(Character.toString(c).toUpperCase(Locale.ROOT));
            } else {
                out.append(Character.toString(c).toLowerCase(Locale.ROOT));
            }
            begins = anyNonLetterSeparates ? !Character.isLetter(c) : isSpace(c) || "-({[<".indexOf(c) >= 0;
        }
        return out.toString();
    }

    /** The length in code points. */
    static int length(String text) {
        return text.codePointCount(0, text.length());
    }

    /** The characters, each a text of one code point. */
    static List<Object> characters(String text) {
        List<Object> characters = new ArrayList<>(text.length());
        for (int i = 0; i < text.length(); ) {
            int c = text.codePointAt(i);
            characters.add(Character.toString(c));
            i += Character.charCount(c);
        }
        return characters;
    }

    /** From and to in code points, both within the text. */
    static String substring(String text, int from, int to) {
        int begin = text.offsetByCodePoints(0, from);
        return text.substring(begin, text.offsetByCodePoints(begin, to - from));
    }

    /** Python's repr of a string. */
    static void quote(String text, StringBuilder out) {
        char quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
        out.append(quote);
        text.codePoints().forEach(c -> {
            if (c == quote || c == '\\') {
                out.append('\\').append((char) c);
            } else if (c == '\n') {
                out.append("\\n");
            } else if (c == '\r') {
                out.append("\\r");
            } else if (c == '\t') {
                out.append("\\t");
            } else if (isPrintable(c)) {
                out.appendCodePoint(c);
            } else if (c <= 0xff) {
                out.append(String.format(Locale.ROOT, "\\x%02x", c));
            } else if (c <= 0xffff) {
                out.append(String.format(Locale.ROOT, "\\u%04x", c));
            } else {
                out.append(String.format(Locale.ROOT, "\\U%08x", c));
            }
        });
        out.append(quote);
    }

    private static boolean isPrintable(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            case Character.SPACE_SEPARATOR -> c == ' ';
            default -> true;
        };
    }

    /** A string in JSON as json.dumps(ensure_ascii=False) writes it. */
    static void json(String text, StringBuilder out) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\b' -> out.append("\\b");
                case '\f' -> out.append("\\f");
                default -> {
                    if (c < ' ') {
                        out.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }

    /** Python's repr of a float: the shortest decimal that reads back as the same number. */
    static String number(double value) {
        if (Double.isNaN(value)) {
            return "nan";
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? "inf" : "-inf";
        }
        if (value == 0) {
            return 1 / value < 0 ? "-0.0" : "0.0";
        }
        String scientific = "";
        for (int digits = 0; digits <= 16; digits++) {
            scientific = String.format(Locale.ROOT, "%." + digits + "e", value);
            if (Double.parseDouble(scientific) == value) {
                break;
            }
        }
        int mark = scientific.indexOf('e');
        int exponent = Integer.parseInt(scientific.substring(mark + 1));
        if (exponent < -4 || exponent >= 16) {
            String mantissa = scientific.substring(0, mark);
            return String.format(Locale.ROOT, "%se%s%02d", mantissa, exponent < 0 ? "-" : "+", Math.abs(exponent));
        }
        String plain = new BigDecimal(scientific).toPlainString();
        return plain.indexOf('.') < 0 ? plain + ".0" : plain;
    }
}
