package dev.retort.data;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.SplittableRandom;

/**
 * Random draws keyed by what they are for, so that a parallel or resumed run draws the same whatever the order: (seed,
 * stage, item id, index).
 */
public final class SeededRandom {

    private SeededRandom() {}

    /** A generator for one purpose: equal keys give equal draws, different keys unrelated ones. */
    public static SplittableRandom of(long seed, String stage, Object... key) {
        return new SplittableRandom(seedOf(seed, stage, key));
    }

    /** The 64-bit seed behind {@link #of}. */
    public static long seedOf(long seed, String stage, Object... key) {
        StringBuilder text = new StringBuilder().append(seed).append('\u0000').append(stage);
        for (Object part : key) {
            text.append('\u0000').append(part);
        }
        byte[] hash = sha256(text.toString().getBytes(StandardCharsets.UTF_8));
        long value = 0;
        for (int i = 0; i < 8; i++) {
            value = value << 8 | (hash[i] & 0xff);
        }
        return value;
    }

    /** Shuffles in place (Fisher-Yates). */
    public static void shuffle(int[] values, SplittableRandom random) {
        for (int i = values.length - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            int swap = values[i];
            values[i] = values[j];
            values[j] = swap;
        }
    }

    /** The numbers 0 to n - 1 in a random order. */
    public static int[] permutation(int n, SplittableRandom random) {
        int[] values = new int[n];
        for (int i = 0; i < n; i++) {
            values[i] = i;
        }
        shuffle(values, random);
        return values;
    }

    /** SHA-256 of bytes. */
    public static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** SHA-256 of text in UTF-8, in lower-case hexadecimal. */
    public static String sha256Hex(String text) {
        return HexFormat.of().formatHex(sha256(text.getBytes(StandardCharsets.UTF_8)));
    }
}
