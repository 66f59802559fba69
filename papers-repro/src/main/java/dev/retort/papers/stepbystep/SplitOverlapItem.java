package dev.retort.papers.stepbystep;

/**
 * A row of a split as {@link SplitOverlap} compares it.
 *
 * @param id unique within its split
 * @param input the whole text that a student is given
 * @param story what several questions may be asked about: SVAMP's body, a premise; the input where there is no such part
 */
public record SplitOverlapItem(String id, String input, String story) {

    /** A row of the paper's data sets. */
    public static SplitOverlapItem of(DssExample example) {
        return new SplitOverlapItem(example.id(), example.input(), example.story());
    }

    /** The text before the first line feed, or all of it. */
    public static String firstLine(String text) {
        int end = text.indexOf('\n');
        return end < 0 ? text : text.substring(0, end);
    }
}
