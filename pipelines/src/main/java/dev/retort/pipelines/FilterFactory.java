package dev.retort.pipelines;

import dev.retort.filter.SampleFilter;
import java.io.Serializable;

/** Makes a filter on the worker that judges, for instance {@code TruncatedFilter::new}. */
@FunctionalInterface
public interface FilterFactory extends Serializable {

    SampleFilter create();
}
