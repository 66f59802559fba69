package dev.retort.teacher;

import com.fasterxml.jackson.databind.JsonNode;
import dev.retort.data.Message;
import dev.retort.data.Rows;
import dev.retort.data.SamplingParams;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/**
 * What makes two samples the same sample: the teacher's name, the messages, the parameters and the sample index. Neither the
 * question's id nor how many samples were asked for together is part of it.
 *
 * @param hex the SHA-256 of them, 64 hexadecimal digits
 */
public record SampleKey(String hex) {

    /** Bytes of a key. */
    static final int BYTES = 32;

    /** The key of one sample. */
    public static SampleKey of(String teacher, List<Message> messages, SamplingParams params, int sampleIndex) {
        MessageDigest digest = sha256();
        // Lengths go before texts, so that no text can run over into the next.
        add(digest, teacher);
        JsonNode tree = Rows.mapper().valueToTree(params);
        add(digest, Rows.canonical(tree));
        digest.update(ByteBuffer.allocate(8)
                .putInt(sampleIndex)
                .putInt(messages.size())
                .flip());
        for (Message message : messages) {
            add(digest, message.role());
            add(digest, message.content());
        }
        return new SampleKey(HexFormat.of().formatHex(digest.digest()));
    }

    /** The key of these bytes. */
    static SampleKey of(byte[] bytes) {
        return new SampleKey(HexFormat.of().formatHex(bytes));
    }

    byte[] bytes() {
        return HexFormat.of().parseHex(hex);
    }

    private static void add(MessageDigest digest, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        digest.update(ByteBuffer.allocate(4).putInt(bytes.length).flip());
        digest.update(bytes);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
