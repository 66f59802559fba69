package dev.retort.papers.stepbystep;

/**
 * A row of a split as {@link SplitOverlap} compares it.
 *
 * @param id unique within its split
 * @param input the whole text that a student is given
 * @param story what several questions may be asked about: SVAMP's body, a premise; the input where there is no such part
 */
public record SplitOverlapItem(String id, String input, String story) {

    static SplitOverlapItem of(DssExample example) {
        return new SplitOverlapItem(example.id(), example.input(), example.story());
    }
}
