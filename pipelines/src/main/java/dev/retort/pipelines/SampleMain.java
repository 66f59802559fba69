package dev.retort.pipelines;

import java.io.IOException;
import org.apache.beam.sdk.options.PipelineOptionsFactory;

/** Runs a {@link SampleJob} from flags; {@code --help=SampleOptions} lists them. */
public final class SampleMain {

    private SampleMain() {}

    /** Prints what was done; an error is one line, and exits with 1, or with 2 where a flag does not fit. */
    public static void main(String[] args) throws InterruptedException {
        try {
            PipelineOptionsFactory.register(SampleOptions.class);
            SampleOptions options =
                    PipelineOptionsFactory.fromArgs(args).withValidation().as(SampleOptions.class);
            System.out.println(SampleJob.run(SampleRequest.of(options), options).summary());
        } catch (IOException | IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.exit(e instanceof IOException ? 1 : 2);
        }
    }
}
