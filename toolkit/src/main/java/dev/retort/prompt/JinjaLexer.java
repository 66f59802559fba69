package dev.retort.prompt;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Cuts a Jinja template into tokens by the rules of jinja2's Environment(trim_blocks=True, lstrip_blocks=True): the first
 * line break after a block or comment tag goes, and so do the blanks before one that begins its line.
 */
final class JinjaLexer {

    enum Kind {
        TEXT,
        BLOCK_BEGIN,
        BLOCK_END,
        PRINT_BEGIN,
        PRINT_END,
        NAME,
        STRING,
        INTEGER,
        FLOAT,
        OPERATOR,
        END
    }

    /** A token; a string's text is what it stands for, escapes undone. */
    record Token(Kind kind, String text, int line) {

        boolean isOperator(String symbol) {
            return kind == Kind.OPERATOR && text.equals(symbol);
        }

        boolean isName(String name) {
            return kind == Kind.NAME && text.equals(name);
        }
    }

    // The longest first: the first that fits is taken.
    private static final List<String> OPERATORS = List.of(
            "//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<",
            "=", ".", ":", "|", ",");
    private static final Pattern RAW_BEGIN =
            Pattern.compile("\\{%[-+]?\\s*raw\\s*(?:-%\\}\\s*|%\\})", Pattern.UNICODE_CHARACTER_CLASS);
    private static final Pattern RAW_END =
            Pattern.compile("\\{%([-+]?)\\s*endraw\\s*(?:\\+%\\}|-%\\}\\s*|%\\}\\n?)", Pattern.UNICODE_CHARACTER_CLASS);

    private final String source;
    private final List<Token> tokens = new ArrayList<>();
    private int position;
    private int line = 1;
    private int lineCountedTo;
    private boolean atLineStart = true;

    private JinjaLexer(String source) {
        this.source = source;
    }

    /**
     * The tokens of a template, ended by one of kind END.
     *
     * @throws JinjaException where the template cannot be cut
     */
    static List<Token> tokens(String template) {
        String source = template.replace("\r\n", "\n").replace('\r', '\n');
        if (source.endsWith("\n")) {
            source = source.substring(0, source.length() - 1);
        }
        JinjaLexer lexer = new JinjaLexer(source);
        lexer.run();
        return lexer.tokens;
    }

    private void run() {
        while (true) {
            int begin = nextTag();
            if (begin < 0) {
                text(source.substring(position));
                position = source.length();
                add(Kind.END, "");
                return;
            }
            char sign = begin + 2 < source.length() ? source.charAt(begin + 2) : ' ';
            int after = begin + (sign == '-' || sign == '+' ? 3 : 2);
            switch (source.charAt(begin + 1)) {
                case '#' -> {
                    text(before(begin, sign, true));
                    comment(after);
                }
                case '%' -> {
                    text(before(begin, sign, true));
                    Matcher raw = RAW_BEGIN.matcher(source).region(begin, source.length());
                    if (raw.lookingAt()) {
                        raw(raw.end());
                    } else {
                        position = after;
                        add(Kind.BLOCK_BEGIN, "");
                        inside(Kind.BLOCK_END);
                    }
                }
                default -> {
                    text(before(begin, sign, false));
                    position = after;
                    add(Kind.PRINT_BEGIN, "");
                    inside(Kind.PRINT_END);
                }
            }
        }
    }

    private int nextTag() {
        for (int i = source.indexOf('{', position); i >= 0; i = source.indexOf('{', i + 1)) {
            if (i + 1 < source.length() && "{%#".indexOf(source.charAt(i + 1)) >= 0) {
                return i;
            }
        }
        return -1;
    }

    /** The text from the position up to a tag, less the white space that the tag takes with it. */
    private String before(int begin, char sign, boolean takesIndent) {
        String text = source.substring(position, begin);
        if (sign == '-') {
            return JinjaStrings.stripEnd(text, null);
        }
        if (sign != '+' && takesIndent) {
            int lineBegin = text.lastIndexOf('\n') + 1;
            if ((lineBegin > 0 || atLineStart)
                    && lineBegin < text.length()
                    && JinjaStrings.isSpace(text.substring(lineBegin))) {
                return text.substring(0, lineBegin);
            }
        }
        return text;
    }

    private void text(String text) {
        if (!text.isEmpty()) {
            add(Kind.TEXT, text);
        }
    }

    private void comment(int from) {
        int end = source.indexOf("#}", from);
        if (end < 0) {
            throw new JinjaException("a comment is not closed by #}");
        }
        char sign = end > from ? source.charAt(end - 1) : ' ';
        position = end + 2;
        afterTag(sign, true);
    }

    private void raw(int from) {
        Matcher end = RAW_END.matcher(source);
        if (!end.find(from)) {
            throw new JinjaException("a raw block is not closed by endraw");
        }
        position = from;
        atLineStart = source.charAt(from - 1) == '\n';
        String sign = end.group(1);
        text(before(end.start(), sign.isEmpty() ? ' ' : sign.charAt(0), true));
        position = end.end();
        atLineStart = source.charAt(position - 1) == '\n';
    }

    /** Takes the white space that follows a closing tag whose sign is given. */
    private void afterTag(char sign, boolean takesLineBreak) {
        int start = position;
        if (sign == '-') {
            while (position < source.length() && JinjaStrings.isSpace(source.codePointAt(position))) {
                position += Character.charCount(source.codePointAt(position));
            }
        } else if (sign != '+' && takesLineBreak && position < source.length() && source.charAt(position) == '\n') {
            position++;
        }
        atLineStart = position > start && source.charAt(position - 1) == '\n';
    }

    private void inside(Kind endKind) {
        String end = endKind == Kind.BLOCK_END ? "%}" : "}}";
        Deque<Character> open = new ArrayDeque<>();
        while (true) {
            while (position < source.length() && JinjaStrings.isSpace(source.codePointAt(position))) {
                position += Character.charCount(source.codePointAt(position));
            }
            if (position >= source.length()) {
                throw new JinjaException("line " + lineAt(position) + ": a tag is not closed by " + end);
            }
            if (open.isEmpty()) {
                char sign = source.charAt(position);
                boolean signed = sign == '-' || (sign == '+' && endKind == Kind.BLOCK_END);
                if (source.startsWith(end, signed ? position + 1 : position)) {
                    position += signed ? 3 : 2;
                    add(endKind, "");
                    afterTag(signed ? sign : ' ', endKind == Kind.BLOCK_END);
                    return;
                }
            }
            expressionToken(open);
        }
    }

    private void expressionToken(Deque<Character> open) {
        char c = source.charAt(position);
        if (c >= '0' && c <= '9') {
            number();
        } else if (Character.isLetter(source.codePointAt(position)) || c == '_') {
            int from = position;
            while (position < source.length() && isWord(source.codePointAt(position))) {
                position += Character.charCount(source.codePointAt(position));
            }
            add(Kind.NAME, source.substring(from, position));
        } else if (c == '\'' || c == '"') {
            string(c);
        } else {
            operator(open);
        }
    }

    private static boolean isWord(int c) {
        return Character.isLetterOrDigit(c) || c == '_';
    }

    private void number() {
        int from = position;
        boolean afterDot = from > 0 && source.charAt(from - 1) == '.';
        digits();
        boolean isFloat = false;
        if (!afterDot && peek(0) == '.' && isDigit(peek(1))) {
            position++;
            digits();
            isFloat = true;
        }
        if (!afterDot && (peek(0) == 'e' || peek(0) == 'E')) {
            int signs = peek(1) == '+' || peek(1) == '-' ? 1 : 0;
            if (isDigit(peek(1 + signs))) {
                position += 1 + signs;
                digits();
                isFloat = true;
            }
        }
        add(
                isFloat ? Kind.FLOAT : Kind.INTEGER,
                source.substring(from, position).replace("_", ""));
    }

    private void digits() {
        while (isDigit(peek(0)) || (peek(0) == '_' && isDigit(peek(1)))) {
            position++;
        }
    }

    private char peek(int ahead) {
        return position + ahead < source.length() ? source.charAt(position + ahead) : '\0';
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private void operator(Deque<Character> open) {
        for (String operator : OPERATORS) {
            if (source.startsWith(operator, position)) {
                char c = operator.charAt(0);
                if (c == '(' || c == '[' || c == '{') {
                    open.push(c == '(' ? ')' : c == '[' ? ']' : '}');
                } else if (c == ')' || c == ']' || c == '}') {
                    if (open.isEmpty() || open.pop() != c) {
                        throw new JinjaException("line " + lineAt(position) + ": " + c + " closes nothing");
                    }
                }
                add(Kind.OPERATOR, operator);
                position += operator.length();
                return;
            }
        }
        throw new JinjaException(
                "line " + lineAt(position) + ": " + source.charAt(position) + " does not belong in an expression");
    }

    private void string(char quote) {
        int start = position;
        StringBuilder value = new StringBuilder();
        position++;
        while (peek(0) != quote) {
            if (position >= source.length()) {
                throw new JinjaException("line " + lineAt(start) + ": a string is not closed");
            }
            char c = source.charAt(position++);
            if (c == '\\') {
                escape(value, start);
            } else {
                value.append(c);
            }
        }
        position++;
        tokens.add(new Token(Kind.STRING, value.toString(), lineAt(start)));
    }

    /** Python's escapes; one it does not know stays as it stands. */
    private void escape(StringBuilder value, int start) {
        if (position >= source.length()) {
            throw new JinjaException("line " + lineAt(start) + ": a string is not closed");
        }
        char c = source.charAt(position++);
        switch (c) {
            case '\n' -> {}
            case '\\', '\'', '"' -> value.append(c);
            case 'n' -> value.append('\n');
            case 't' -> value.append('\t');
            case 'r' -> value.append('\r');
            case 'b' -> value.append('\b');
            case 'f' -> value.append('\f');
            case 'a' -> value.append('\u0007');
            case 'v' -> value.append('\u000b');
            case 'x' -> value.appendCodePoint(hexadecimal(2, start));
            case 'u' -> value.appendCodePoint(hexadecimal(4, start));
            case 'U' -> value.appendCodePoint(hexadecimal(8, start));
            case '0', '1', '2', '3', '4', '5', '6', '7' -> {
                int code = c - '0';
                for (int i = 0; i < 2 && peek(0) >= '0' && peek(0) <= '7'; i++) {
                    code = code * 8 + (source.charAt(position++) - '0');
                }
                value.appendCodePoint(code);
            }
            default -> value.append('\\').append(c);
        }
    }

    private int hexadecimal(int digits, int start) {
        int code = 0;
        for (int i = 0; i < digits; i++) {
            int digit = Character.digit(peek(0), 16);
            if (digit < 0 || code > Character.MAX_CODE_POINT >> 4) {
                throw new JinjaException("line " + lineAt(start) + ": a string holds a broken \\ escape");
            }
            code = code * 16 + digit;
            position++;
        }
        if (!Character.isValidCodePoint(code)) {
            throw new JinjaException("line " + lineAt(start) + ": a string holds a broken \\ escape");
        }
        return code;
    }

    private void add(Kind kind, String text) {
        tokens.add(new Token(kind, text, lineAt(position)));
    }

    private int lineAt(int index) {
        for (; lineCountedTo < index && lineCountedTo < source.length(); lineCountedTo++) {
            if (source.charAt(lineCountedTo) == '\n') {
                line++;
            }
        }
        return line;
    }
}
