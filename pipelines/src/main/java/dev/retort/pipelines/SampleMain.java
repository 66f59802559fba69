package dev.retort.pipelines;

import java.io.IOException;
import org.apache.beam.sdk.options.PipelineOptionsFactory;

/** Runs a {@link SampleJob} from flags; {@code --help=SampleOptions} lists them. */
public final class SampleMain {

    private SampleMain() {}

    public static void main(String[] args) throws IOException, InterruptedException {
        PipelineOptionsFactory.register(SampleOptions.class);
        SampleOptions options =
                PipelineOptionsFactory.fromArgs(args).withValidation().as(SampleOptions.class);
        System.out.println(SampleJob.run(SampleRequest.of(options), options).summary());
    }
}
