package dev.retort.pipelines;

import java.util.List;

/**
 * What a {@link PerturbJob} does.
 *
 * @param sampling who is asked what, how often, and the folder of the output files; its vote, answers, method and prompt are
 *     for questions and variants, not for the requests for other words
 * @param kinds the perturbations
 * @param seed of the perturbations
 * @param filters judge the samples in the end; null to leave that to a {@link FilterJob}
 */
public record PerturbRequest(SampleRequest sampling, List<PerturbSpec> kinds, long seed, FilterPlan filters) {

    public PerturbRequest {
        kinds = List.copyOf(kinds);
        PerturbSpec.checkKinds(kinds);
    }

    /** Without filters, with seed 0. */
    public static PerturbRequest of(SampleRequest sampling, List<PerturbSpec> kinds) {
        return new PerturbRequest(sampling, kinds, 0, null);
    }

    public PerturbRequest withSeed(long newSeed) {
        return new PerturbRequest(sampling, kinds, newSeed, filters);
    }

    public PerturbRequest withFilters(FilterPlan newFilters) {
        return new PerturbRequest(sampling, kinds, seed, newFilters);
    }
}
