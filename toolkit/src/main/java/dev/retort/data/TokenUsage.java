package dev.retort.data;

/**
 * What one request to a teacher cost. Cost is counted per request: all samples of a request carry the same usage.
 *
 * @param promptTokens tokens of the prompt
 * @param completionTokens tokens of all completions of the request together
 * @param samplesInRequest how many samples share this usage, at least 1
 */
public record TokenUsage(long promptTokens, long completionTokens, int samplesInRequest) {}
