package dev.retort.model;

/**
 * One continuation.
 *
 * @param prompt index of its prompt
 * @param sample index among the prompt's samples
 * @param ids the new tokens, the end-of-sequence token included where one came
 * @param text of the new tokens without special tokens, cut before a stop text
 * @param finishReason "stop" or "length"
 */
@SuppressWarnings("ArrayRecordComponent") // ids go straight back into models, which take arrays
public record Generated(int prompt, int sample, int[] ids, String text, String finishReason) {}
