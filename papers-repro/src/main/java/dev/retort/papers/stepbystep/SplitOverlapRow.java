package dev.retort.papers.stepbystep;

/**
 * What a training split gives away of one test row.
 *
 * @param id of the test row
 * @param exact its input occurs in training, letter for letter
 * @param maskedInput its input occurs in training once numbers are masked
 * @param story its story occurs in training as a story once numbers are masked
 * @param near a training row is a near duplicate
 * @param nearest id of the training row with the highest Jaccard index; among equals an exact copy, else the first; null
 *     where no row shares a word with it
 * @param similarity that Jaccard index, 0 to 1; 0 where nearest is null
 */
public record SplitOverlapRow(
        String id,
        boolean exact,
        boolean maskedInput,
        boolean story,
        boolean near,
        String nearest,
        double similarity) {}
