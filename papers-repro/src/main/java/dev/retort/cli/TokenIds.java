package dev.retort.cli;

import java.io.IOException;

/** Token ids given on the command line. */
final class TokenIds {

    private TokenIds() {}

    /**
     * Parses ids separated by commas.
     *
     * @param option named in errors
     * @throws UsageException where there is none, or something that is no id
     */
    static int[] parse(String option, String text) {
        String[] parts = text.split(",", -1);
        int[] ids = new int[parts.length];
        for (int i = 0; i < parts.length; i++) {
            String part = parts[i].strip();
            try {
                ids[i] = Integer.parseInt(part);
            } catch (NumberFormatException e) {
                throw new UsageException(option + ": '" + part + "' is not a token id; give ids like 1,2,3");
            }
            if (ids[i] < 0) {
                throw new UsageException(option + ": a token id is at least 0, not " + part);
            }
        }
        return ids;
    }

    /** Refuses ids that a model with this vocabulary does not have. */
    static void requireInVocabulary(String option, int[] ids, int vocabulary) {
        for (int id : ids) {
            if (id >= vocabulary) {
                throw new UsageException(
                        option + ": " + id + " is no token of this model; its ids are 0 to " + (vocabulary - 1));
            }
        }
    }

    /** As {@link #requireInVocabulary}, for ids that the tokenizer beside a model made. */
    static void requireTokenizerFits(Object source, int[] ids, int vocabulary) throws IOException {
        for (int id : ids) {
            if (id >= vocabulary) {
                throw new IOException(source + ": its tokenizer gives id " + id + ", but its vocab_size is "
                        + vocabulary + "; use the tokenizer that belongs to the weights");
            }
        }
    }
}
