package dev.retort.cli;

import java.util.Locale;

/** Text in which every character can be seen. */
final class Visible {

    private Visible() {}

    /** A blank becomes a middle dot; line breaks, controls and other characters without a shape become escapes. */
    static String text(String text) {
        StringBuilder shown = new StringBuilder();
        text.codePoints().forEach(c -> {
            switch (c) {
                case ' ' -> shown.append('·');
                case '\n' -> shown.append("\\n");
                case '\r' -> shown.append("\\r");
                case '\t' -> shown.append("\\t");
                case '\\' -> shown.append("\\\\");
                default -> {
                    if (hasShape(c)) {
                        shown.appendCodePoint(c);
                    } else {
                        shown.append(String.format(Locale.ROOT, "\\u{%x}", c));
                    }
                }
            }
        });
        return shown.toString();
    }

    private static boolean hasShape(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SPACE_SEPARATOR -> false;
            default -> c != 0xfffd && c != '·';
        };
    }
}
