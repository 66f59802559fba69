package dev.retort.pipelines;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.apache.beam.sdk.coders.Coder;
import org.apache.beam.sdk.coders.CustomCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.coders.VarLongCoder;

/**
 * A row's line and where it belongs among the others.
 *
 * @param line without the line break
 */
record KeyedLine(RowKey key, String line) {

    /** About how many bytes the line takes in memory. */
    long memory() {
        return 150 + 2L * (line.length() + key.id().length());
    }

    /** Writes keyed lines to the network and to disk. */
    static final class LineCoder extends CustomCoder<KeyedLine> {

        private static final Coder<String> TEXT = StringUtf8Coder.of();
        private static final Coder<Long> NUMBER = VarLongCoder.of();

        @Override
        public void encode(KeyedLine value, OutputStream out) throws IOException {
            TEXT.encode(value.key().id(), out);
            NUMBER.encode(value.key().number(), out);
            TEXT.encode(value.line(), out);
        }

        @Override
        public KeyedLine decode(InputStream in) throws IOException {
            RowKey key = new RowKey(TEXT.decode(in), NUMBER.decode(in));
            return new KeyedLine(key, TEXT.decode(in));
        }

        @Override
        public void verifyDeterministic() {}

        @Override
        public boolean equals(Object other) {
            return other instanceof LineCoder;
        }

        @Override
        public int hashCode() {
            return LineCoder.class.hashCode();
        }
    }
}
