package dev.retort.pipelines;

import dev.retort.data.Row;
import dev.retort.data.Rows;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Objects;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.coders.CoderException;
import org.apache.beam.sdk.coders.CustomCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.values.TypeDescriptor;

/**
 * Rows as the line of JSON that they are in a file. Deterministic: equal lines have equal bytes, where the order of unknown
 * fields is part of a line.
 */
public final class RowCoder<T extends Row> extends CustomCoder<T> {

    private static final Coder<String> TEXT = StringUtf8Coder.of();

    private final Class<T> type;

    private RowCoder(Class<T> type) {
        this.type = type;
    }

    public static <T extends Row> RowCoder<T> of(Class<T> type) {
        return new RowCoder<>(type);
    }

    /** A row's line, without the line break; it can be written in UTF-8 without loss. */
    static String line(Row row) {
        return escaped(Rows.format(row));
    }

    // Half a surrogate pair (a teacher's text cut in the middle of an emoji) is text in Java but not in UTF-8; JSON can
    // escape it.
    private static String escaped(String json) {
        StringBuilder out = null;
        for (int i = 0; i < json.length(); i++) {
            char c = json.charAt(i);
            boolean isPair = Character.isHighSurrogate(c)
                    && i + 1 < json.length()
                    && Character.isLowSurrogate(json.charAt(i + 1));
            if (Character.isSurrogate(c) && !isPair) {
                out = out == null ? new StringBuilder(json.substring(0, i)) : out;
                out.append("\\u").append(Integer.toHexString(c));
                continue;
            }
            if (out != null) {
                out.append(c);
            }
            if (isPair) {
                i++;
                if (out != null) {
                    out.append(json.charAt(i));
                }
            }
        }
        return out == null ? json : out.toString();
    }

    @Override
    public void encode(T row, OutputStream out) throws IOException {
        TEXT.encode(line(row), out);
    }

    @Override
    public T decode(InputStream in) throws IOException {
        String line = TEXT.decode(in);
        try {
            return Rows.parse(line, type);
        } catch (IllegalArgumentException e) {
            throw new CoderException("not a " + type.getSimpleName() + ": " + e.getMessage(), e);
        }
    }

    @Override
    public void verifyDeterministic() {}

    @Override
    public TypeDescriptor<T> getEncodedTypeDescriptor() {
        return TypeDescriptor.of(type);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof RowCoder<?> coder && coder.type.equals(type);
    }

    @Override
    public int hashCode() {
        return Objects.hash(RowCoder.class, type);
    }
}
