package dev.retort.batch;

import dev.retort.data.Example;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Turns examples into token ids with labels on the completion and its end-of-sequence token only. The mask goes by position,
 * never by id: with pad = eos the final eos stays supervised.
 */
public final class ExampleEncoder {

    private final Tokenizer tokenizer;
    private final boolean encoderDecoder;
    private final int eosId;
    private final int maxLength;
    private int misaligned;
    private int truncated;

    /**
     * @param encoderDecoder whether prompts go to an encoder
     * @param eosId ends every completion; -1 for none
     * @param maxLength most tokens of input (and, for an encoder-decoder, of labels); longer ones are cut at the end
     */
    public ExampleEncoder(Tokenizer tokenizer, boolean encoderDecoder, int eosId, int maxLength) {
        if (maxLength < 2) {
            throw new IllegalArgumentException("max_length must be at least 2, not " + maxLength);
        }
        this.tokenizer = tokenizer;
        this.encoderDecoder = encoderDecoder;
        this.eosId = eosId;
        this.maxLength = maxLength;
    }

    /** Encodes one example. */
    public TokenExample encode(Example example) {
        int[] input;
        int[] labels;
        if (encoderDecoder) {
            input = cut(tokenizer.encode(example.prompt()));
            labels = cut(withEos(tokenizer.encodePlain(example.completion())));
        } else {
            Tokenizer.Split split = tokenizer.encodePair(example.prompt(), example.completion());
            if (!split.aligned()) {
                misaligned++;
            }
            int[] completion = withEos(split.completion());
            int[] prompt = split.prompt();
            if (prompt.length == 0) {
                throw new IllegalArgumentException(
                        "example " + example.id() + ": its prompt has no tokens and the tokenizer adds none");
            }
            int[] whole = Arrays.copyOf(prompt, prompt.length + completion.length);
            System.arraycopy(completion, 0, whole, prompt.length, completion.length);
            input = cut(whole);
            labels = input.clone();
            Arrays.fill(labels, 0, Math.min(prompt.length, labels.length), TokenExample.IGNORED);
        }
        return new TokenExample(example.id(), example.kind(), example.weight(), input, labels);
    }

    /** Encodes examples in order. */
    public List<TokenExample> encodeAll(List<Example> examples) {
        List<TokenExample> all = new ArrayList<>(examples.size());
        for (Example example : examples) {
            all.add(encode(example));
        }
        return all;
    }

    private int[] withEos(int[] ids) {
        if (eosId < 0) {
            return ids;
        }
        int[] ended = Arrays.copyOf(ids, ids.length + 1);
        ended[ids.length] = eosId;
        return ended;
    }

    private int[] cut(int[] ids) {
        if (ids.length <= maxLength) {
            return ids;
        }
        truncated++;
        return Arrays.copyOf(ids, maxLength);
    }

    /** Examples so far whose prompt and completion share a token at their border. */
    public int misaligned() {
        return misaligned;
    }

    /** Inputs and label sequences so far that were cut. */
    public int truncated() {
        return truncated;
    }
}
