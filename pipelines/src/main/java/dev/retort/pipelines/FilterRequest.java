package dev.retort.pipelines;

import java.nio.file.Path;

/**
 * What a {@link FilterJob} does.
 *
 * @param samples who is judged, a JSON Lines file that the workers can see
 * @param questions theirs, variants included; null to make them of what the samples say was sent, without references
 * @param filters in their order
 * @param out the folder of the output files
 */
public record FilterRequest(Path samples, Path questions, FilterPlan filters, Path out) {

    /**
     * Checks that the filters have what they need.
     *
     * @throws IllegalArgumentException where a filter needs more of a question than its samples tell
     */
    public FilterRequest {
        if (questions == null && filters.readsReferences()) {
            throw new IllegalArgumentException("reference needs the file of the questions: samples have no reference");
        }
        if (questions == null && filters.readsVariants()) {
            throw new IllegalArgumentException("perturbation needs the file of the questions with their variants, as"
                    + " retort sample --perturb writes it");
        }
    }
}
