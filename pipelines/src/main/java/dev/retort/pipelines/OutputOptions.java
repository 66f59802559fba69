package dev.retort.pipelines;

import java.util.List;
import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.PipelineOptionsRegistrar;

/** What a job writes beside its JSON Lines. */
public interface OutputOptions extends PipelineOptions {

    @Description(
            "Also writes the samples as Parquet: samples.parquet where a teacher is asked, kept.parquet of a filter")
    @Default.Boolean(false)
    boolean isParquet();

    void setParquet(boolean parquet);

    /** Makes the flag known to {@code PipelineOptionsFactory}. */
    final class Registrar implements PipelineOptionsRegistrar {
        @Override
        public List<Class<? extends PipelineOptions>> getPipelineOptions() {
            return List.of(OutputOptions.class);
        }
    }
}
