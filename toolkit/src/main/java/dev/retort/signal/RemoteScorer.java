package dev.retort.signal;

import dev.retort.teacher.TeacherException;
import java.util.OptionalInt;

/**
 * A teacher behind a server that tells what it thinks of given tokens, not only of those that it samples itself: that needs
 * more than OpenAI's API has. Log-probabilities are of temperature 1. Safe for use by several threads.
 */
public sealed interface RemoteScorer permits VllmScorer, LlamaCppScorer {

    /**
     * The k most probable tokens at every position from {@code first} to the end of a sequence, each given the tokens before
     * it.
     *
     * @param tokens the whole sequence, prompt and completion; the ids are the server's own
     * @param first the index of the first token that is scored, at least 1
     * @param k at least 1
     * @return [N, k] with N = the tokens from {@code first} on
     * @throws TeacherException where the server does not answer, cannot score given tokens, or answers with something else
     */
    TopKLogProbs topK(int[] tokens, int first, int k) throws TeacherException, InterruptedException;

    /** The server's ids of a text, without special tokens at its ends; those written in it are read as such. */
    int[] tokenize(String text) throws TeacherException, InterruptedException;

    /** How many ids the server's model has, padding included; nothing where the server does not say. */
    OptionalInt vocabularySize() throws TeacherException, InterruptedException;
}
