package dev.retort.pipelines;

import java.util.List;

/**
 * One position of a teacher signal, as a row of a table.
 *
 * @param key what the signal was computed of
 * @param position within the signal, from 0
 * @param ids the teacher's most probable tokens, most probable first
 * @param logprobs their natural log-probabilities
 * @param outsideMass the probability of all other tokens
 */
public record SignalRow(String key, int position, List<Integer> ids, List<Float> logprobs, double outsideMass) {}
