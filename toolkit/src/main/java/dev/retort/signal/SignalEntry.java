package dev.retort.signal;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.retort.data.Rows;
import dev.retort.data.SeededRandom;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A line of a store's index: where a signal lies.
 *
 * @param key {@link SignalKey#hex}
 * @param shard the file's name
 * @param first its first row in the shard
 * @param rows its positions
 * @param k tokens a position
 * @param sum SHA-256 of the shard's SHA-256 and all the fields before: neither may have changed
 */
record SignalEntry(String key, String shard, long first, int rows, int k, String sum) {

    private static final String PREFIX = "signals-";
    private static final String SUFFIX = ".safetensors";
    private static final Pattern NUMBER = Pattern.compile("[0-9]{5,9}");

    SignalEntry {
        if (key == null
                || shard == null
                || sum == null
                || !NUMBER.matcher(number(shard)).matches()) {
            throw new IllegalArgumentException("names no key, shard or sum");
        }
        new SignalKey(key);
        if (first < 0 || rows < 1 || k < 1 || (long) rows * k > Integer.MAX_VALUE / Float.BYTES) {
            throw new IllegalArgumentException("has no rows, or more than a signal can have");
        }
    }

    /** The entry of a signal in a shard with this SHA-256. */
    static SignalEntry of(SignalKey key, String shard, long first, int rows, int k, String sha256) {
        return new SignalEntry(key.hex(), shard, first, rows, k, sum(key.hex(), shard, first, rows, k, sha256));
    }

    /** Whether the entry is as it was made, for a shard with this SHA-256. */
    boolean isOf(String sha256) {
        return sum.equals(sum(key, shard, first, rows, k, sha256));
    }

    private static String sum(String key, String shard, long first, int rows, int k, String sha256) {
        return SeededRandom.sha256Hex(String.join(
                " ", key, shard, Long.toString(first), Integer.toString(rows), Integer.toString(k), sha256));
    }

    /** The entry of a line; empty where it is none. */
    static Optional<SignalEntry> parse(String line) {
        try {
            return Optional.ofNullable(Rows.mapper().readValue(line, SignalEntry.class));
        } catch (JsonProcessingException e) {
            return Optional.empty();
        }
    }

    String format() {
        return Rows.mapper().valueToTree(this).toString();
    }

    static String shardName(int number) {
        return PREFIX + String.format(Locale.ROOT, "%05d", number) + SUFFIX;
    }

    int shardNumber() {
        return Integer.parseInt(number(shard));
    }

    private static String number(String shard) {
        return shard.startsWith(PREFIX) && shard.endsWith(SUFFIX) && shard.length() > PREFIX.length() + SUFFIX.length()
                ? shard.substring(PREFIX.length(), shard.length() - SUFFIX.length())
                : "";
    }
}
