package dev.retort.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * Work that every side does.
 *
 * @param name in the results
 * @param units what is done in one repetition, such as tokens
 * @param unit its name
 * @param work what the work is, in figures
 * @param sides ours first; a side named "limit" is a bound and not a peer
 */
record BenchCase(String name, long units, String unit, ObjectNode work, List<Side> sides) {}
