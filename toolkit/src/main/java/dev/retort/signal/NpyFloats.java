package dev.retort.signal;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** A matrix of float32 in NumPy's .npy format, versions 1 to 3. */
final class NpyFloats {

    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    private static final int SHORT_HEADER = 10;
    private static final int LONG_HEADER = 12;

    private NpyFloats() {}

    /**
     * The values, row after row.
     *
     * @throws IllegalArgumentException where this is not such a file of a matrix [rows, columns]
     */
    static float[] parse(byte[] npy, int rows, int columns) {
        ByteBuffer in = ByteBuffer.wrap(npy).order(ByteOrder.LITTLE_ENDIAN);
        require(
                npy.length >= LONG_HEADER && in.slice(0, MAGIC.length).equals(ByteBuffer.wrap(MAGIC)),
                "not in .npy format");
        boolean isShort = in.get(MAGIC.length) == 1;
        long headerLength = isShort ? in.getShort(8) & 0xffff : in.getInt(8) & 0xffffffffL;
        long data = (isShort ? SHORT_HEADER : LONG_HEADER) + headerLength;
        require(data <= npy.length, "cut off");
        int headerStart = isShort ? SHORT_HEADER : LONG_HEADER;
        String header = new String(npy, headerStart, (int) headerLength, StandardCharsets.US_ASCII)
                .replaceAll("\\s", "")
                .replace(",}", "}");
        String expected = "{'descr':'<f4','fortran_order':False,'shape':(" + rows + "," + columns + ")}";
        require(header.equals(expected), "not float32 of " + rows + " rows and " + columns + " columns");
        require(npy.length - data == (long) rows * columns * Float.BYTES, "cut off, or too long");
        float[] values = new float[rows * columns];
        in.position((int) data)
                .slice()
                .order(ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer()
                .get(values);
        return values;
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException(message);
        }
    }
}
