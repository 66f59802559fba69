package dev.retort.pipelines;

import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.beam.sdk.PipelineResult;
import org.apache.beam.sdk.metrics.MetricNameFilter;
import org.apache.beam.sdk.metrics.MetricResult;
import org.apache.beam.sdk.metrics.MetricsFilter;

/** Metrics whose names say what they counted. */
final class Counts {

    private Counts() {}

    /** The counters whose name begins with a prefix, by the rest of their name; those at 0 left out. */
    static SortedMap<String, Long> byName(PipelineResult result, Class<?> namespace, String prefix) {
        MetricsFilter filter = MetricsFilter.builder()
                .addNameFilter(MetricNameFilter.inNamespace(namespace))
                .build();
        SortedMap<String, Long> counts = new TreeMap<>();
        for (MetricResult<Long> counter : result.metrics().queryMetrics(filter).getCounters()) {
            String name = counter.getName().getName();
            if (name.startsWith(prefix) && counter.getAttempted() > 0) {
                counts.merge(name.substring(prefix.length()), counter.getAttempted(), Long::sum);
            }
        }
        return counts;
    }
}
