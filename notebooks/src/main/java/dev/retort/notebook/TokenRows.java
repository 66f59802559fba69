package dev.retort.notebook;

import dev.retort.batch.TokenExample;
import dev.retort.batch.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * A batch token by token, coloured by its mask: what carries loss, what is only read, and the padding that makes a rectangle of
 * it. Blanks, line ends and characters without a shape are made visible. Made by {@link Tables#batch}; a cell that returns it
 * shows it.
 */
public final class TokenRows {

    /** More rows than a person reads; the rest is counted. */
    static final int MOST_ROWS = 16;

    /** The most tokens of a sequence that are shown; the rest is counted. */
    static final int MOST_TOKENS = 256;

    private static final int MOST_CHARACTERS = 40;

    // Half transparent, for light pages and dark ones. The line below a token and the hatching tell without colours.
    // JupyterLab
    // drops style elements and repeating gradients from notebooks that it does not trust, and leaves these.
    private static final String LOSS = " style=\"background-color:#e69f0059;border-bottom:2px solid #e69f00\"";
    private static final String READ = " style=\"border-bottom:1px solid #88888866\"";
    private static final String PADDING =
            " style=\"background-image:linear-gradient(135deg,#88888844 25%,transparent 25% 50%,"
                    + "#88888844 50% 75%,transparent 75%);background-size:8px 8px;padding:0 6px\"";
    private static final String TITLE =
            " style=\"text-align:left;vertical-align:top;line-height:1.8;white-space:nowrap\"";
    private static final String TOKENS =
            " style=\"text-align:left;line-height:1.8;white-space:normal;font-family:monospace\"";

    private final List<Line> lines;
    private final String left;
    private final int rows;
    private final long withLoss;
    private final long read;
    private final long padding;

    private TokenRows(List<Sequence> sequences, int rows, int shownRows, Map<Integer, String> texts) {
        int shown = rows == 0 ? 0 : sequences.size() / rows * shownRows;
        this.lines = sequences.subList(0, shown).stream()
                .map(sequence -> sequence.line(texts))
                .toList();
        this.left = shownRows < rows ? " (the first " + shownRows + " are shown)" : "";
        this.rows = rows;
        this.withLoss = sequences.stream().mapToLong(s -> s.withLoss(0)).sum();
        this.read = sequences.stream().mapToLong(s -> s.ids.length).sum() - withLoss;
        this.padding = sequences.stream().mapToLong(Sequence::padding).sum();
    }

    /**
     * Decodes the tokens that are shown; the tokenizer is not needed afterwards.
     *
     * @param encoderDecoder whether labels are the decoder's targets and stand on a line of their own
     * @throws IllegalArgumentException if labels of a decoder-only model are not as many as its tokens
     */
    static TokenRows of(List<TokenExample> examples, Tokenizer tokenizer, boolean encoderDecoder) {
        int width = examples.stream().mapToInt(TokenExample::length).max().orElse(0);
        int labelWidth = examples.stream()
                .mapToInt(example -> example.labels().length)
                .max()
                .orElse(0);
        List<Sequence> sequences = new ArrayList<>();
        for (TokenExample example : examples) {
            String title = title(example);
            if (encoderDecoder) {
                int[] unlabelled = new int[example.length()];
                Arrays.fill(unlabelled, TokenExample.IGNORED);
                sequences.add(new Sequence(title + " input", example.input(), unlabelled, 0, width));
                sequences.add(new Sequence(title + " labels", example.labels(), example.labels(), 0, labelWidth));
            } else if (example.labels().length == example.length()) {
                sequences.add(new Sequence(title, example.input(), example.labels(), 1, width));
            } else {
                throw new IllegalArgumentException("example " + example.id() + " has " + example.length()
                        + " tokens and " + example.labels().length + " labels: a decoder-only model needs as many");
            }
        }
        int shownRows = Math.min(examples.size(), MOST_ROWS);
        int[] ids = examples.stream()
                .limit(shownRows)
                .flatMapToInt(example -> encoderDecoder
                        ? IntStream.concat(
                                Arrays.stream(example.input()).limit(MOST_TOKENS),
                                Arrays.stream(example.labels()).limit(MOST_TOKENS))
                        : Arrays.stream(example.input()).limit(MOST_TOKENS))
                .distinct()
                .filter(id -> id != TokenExample.IGNORED)
                .toArray();
        return new TokenRows(sequences, examples.size(), shownRows, texts(ids, tokenizer));
    }

    private static String title(TokenExample example) {
        String weight = example.weight() == 1 ? "" : ", weight " + example.weight();
        return visible(example.id()) + " (" + visible(example.kind()) + weight + ")";
    }

    /**
     * What each token looks like. Decoders drop the blank that a text begins with, so a token's own blank shows only where
     * another token precedes it. If then all of them have one, it is put between tokens and belongs to none.
     */
    private static Map<Integer, String> texts(int[] ids, Tokenizer tokenizer) {
        Map<Integer, String> alone = new HashMap<>();
        Map<Integer, String> within = new HashMap<>();
        boolean isBetween = true;
        for (int id : ids) {
            String once = tokenizer.decodeToken(id);
            String twice = tokenizer.decode(new int[] {id, id});
            alone.put(id, once);
            within.put(id, once);
            if (twice.length() > once.length() && twice.startsWith(once)) {
                String second = twice.substring(once.length());
                within.put(id, second);
                isBetween &= second.equals(" " + once);
            }
        }
        Map<Integer, String> texts = isBetween ? alone : within;
        texts.replaceAll((id, text) -> text.isEmpty() ? "#" + id : visible(text));
        return texts;
    }

    /** At most so many characters as a line has room for; blanks and characters without a shape as signs. */
    private static String visible(String text) {
        StringBuilder out = new StringBuilder();
        int[] characters = text.codePoints().limit(MOST_CHARACTERS + 1).toArray();
        for (int i = 0; i < Math.min(characters.length, MOST_CHARACTERS); i++) {
            int c = characters[i];
            switch (c) {
                case ' ' -> out.append('␣');
                case '\n' -> out.append('↵');
                case '\t' -> out.append('⇥');
                default -> {
                    switch (Character.getType(c)) {
                        case Character.CONTROL,
                                Character.FORMAT,
                                Character.SURROGATE,
                                Character.SPACE_SEPARATOR,
                                Character.LINE_SEPARATOR,
                                Character.PARAGRAPH_SEPARATOR -> out.append(String.format(Locale.ROOT, "\\u%04X", c));
                        default -> out.appendCodePoint(c);
                    }
                }
            }
        }
        return characters.length > MOST_CHARACTERS ? out.append('…').toString() : out.toString();
    }

    String html() {
        StringBuilder out = new StringBuilder("<div>").append(rows).append(rows == 1 ? " row" : " rows");
        out.append(left).append(". ").append(span(LOSS, "", "carries loss: " + withLoss));
        out.append(' ').append(span(READ, "", "read only: " + read));
        out.append(' ').append(span(PADDING, "", "padding: " + padding)).append("</div>\n<table>\n");
        for (Line line : lines) {
            out.append("<tr><td").append(TITLE).append('>').append(Html.escape(line.title));
            out.append("</td><td").append(TOKENS).append('>');
            for (Token token : line.tokens) {
                out.append(span(token.hasLoss ? LOSS : READ, token.hover, token.text))
                        .append(' ');
            }
            out.append(Html.escape(line.left));
            if (line.padding > 0) {
                out.append(span(PADDING, line.paddingHover, "padding: " + line.padding));
            }
            out.append("</td></tr>\n");
        }
        return out.append("</table>\n").toString();
    }

    private static String span(String style, String hover, String text) {
        String title = hover.isEmpty() ? "" : " title=\"" + Html.escape(hover) + "\"";
        return "<span" + title + style + ">" + Html.escape(text) + "</span>";
    }

    /** The same for a terminal: what carries loss stands in brackets. */
    @Override
    public String toString() {
        StringBuilder out = new StringBuilder().append(rows).append(rows == 1 ? " row" : " rows");
        out.append(left).append(". [carries loss]: ").append(withLoss).append(", read only: ");
        out.append(read).append(", padding: ").append(padding);
        for (Line line : lines) {
            out.append('\n').append(line.title).append(':');
            for (Token token : line.tokens) {
                out.append(' ').append(token.hasLoss ? "[" + token.text + "]" : token.text);
            }
            out.append(line.left.isEmpty() ? "" : " " + line.left.strip());
            out.append(line.padding == 0 ? "" : " | padding: " + line.padding);
        }
        return out.toString();
    }

    /**
     * What is read or predicted one after the other.
     *
     * @param labels as many as ids
     * @param first position whose label can be predicted
     * @param width of the rectangle
     */
    private record Sequence(String title, int[] ids, int[] labels, int first, int width) {

        boolean hasLoss(int position) {
            return position >= first && labels[position] != TokenExample.IGNORED;
        }

        long withLoss(int from) {
            return IntStream.range(from, ids.length).filter(this::hasLoss).count();
        }

        int padding() {
            return width - ids.length;
        }

        Line line(Map<Integer, String> texts) {
            int shown = Math.min(ids.length, MOST_TOKENS);
            List<Token> tokens = IntStream.range(0, shown)
                    .mapToObj(position -> token(position, texts))
                    .toList();
            int more = ids.length - shown;
            String left = more == 0 ? "" : "… " + more + " more, " + withLoss(shown) + " with loss ";
            String paddingHover = "positions " + ids.length + " to " + (width - 1);
            return new Line(title, tokens, left, padding(), paddingHover);
        }

        private Token token(int position, Map<Integer, String> texts) {
            int id = ids[position];
            int label = labels[position];
            String place = "position " + position;
            if (id == TokenExample.IGNORED) {
                return new Token("∅", place + ", no label", false);
            }
            String hover = place + ", id " + id;
            if (label == TokenExample.IGNORED) {
                hover += ", no label";
            } else {
                hover += ", label " + label;
                hover += hasLoss(position) ? "" : ", no loss: nothing before it predicts it";
            }
            return new Token(texts.get(id), hover, hasLoss(position));
        }
    }

    /** What is shown of a sequence. */
    private record Line(String title, List<Token> tokens, String left, int padding, String paddingHover) {}

    /** One token as it is shown. */
    private record Token(String text, String hover, boolean hasLoss) {}
}
