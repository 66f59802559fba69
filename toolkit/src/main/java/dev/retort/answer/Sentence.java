package dev.retort.answer;

import java.util.ArrayList;
import java.util.List;

/**
 * A sentence of a text, its marks included. It ends at a point, an exclamation or a question mark before a blank, and at a
 * line's end, unless a colon stands there.
 *
 * @param text without blanks around it, never empty
 * @param start where it begins in the whole text
 * @param isQuestion whether a question mark ends it
 */
record Sentence(String text, int start, boolean isQuestion) {

    private static final String MARKS = ".!?";
    private static final String CLOSING = "\"'`*)]\u201d\u2019";

    /** The sentences of a text in their order, in one pass over it. */
    static List<Sentence> of(String text) {
        List<Sentence> sentences = new ArrayList<>();
        int start = 0;
        boolean afterColon = false;
        int position = 0;
        while (position < text.length()) {
            char c = text.charAt(position);
            position++;
            if (c == '\n' || c == '\r') {
                if (!afterColon) {
                    add(sentences, text, start, position, false);
                    start = position;
                }
            } else if (MARKS.indexOf(c) >= 0) {
                afterColon = false;
                boolean isQuestion = c == '?';
                while (position < text.length() && MARKS.indexOf(text.charAt(position)) >= 0) {
                    isQuestion |= text.charAt(position) == '?';
                    position++;
                }
                int end = position;
                while (end < text.length() && CLOSING.indexOf(text.charAt(end)) >= 0) {
                    end++;
                }
                if (end == text.length() || Character.isWhitespace(text.charAt(end))) {
                    add(sentences, text, start, end, isQuestion);
                    start = end;
                    position = end;
                }
            } else if (!Character.isWhitespace(c) && c != '*') {
                afterColon = c == ':';
            }
        }
        add(sentences, text, start, text.length(), false);
        return sentences;
    }

    private static void add(List<Sentence> sentences, String text, int start, int end, boolean isQuestion) {
        String sentence = text.substring(start, end).strip();
        if (!sentence.isEmpty()) {
            sentences.add(new Sentence(sentence, text.indexOf(sentence.charAt(0), start), isQuestion));
        }
    }
}
