package dev.retort.pipelines;

import java.io.IOException;
import org.apache.beam.sdk.options.PipelineOptionsFactory;

/** Runs a {@link RationaleJob} from flags; {@code --help=RationaleOptions} lists them. */
public final class RationaleMain {

    private RationaleMain() {}

    /** Prints what was done; an error is one line, and exits with 1, or with 2 where a flag does not fit. */
    public static void main(String[] args) throws InterruptedException {
        try {
            PipelineOptionsFactory.register(RationaleOptions.class);
            RationaleOptions options =
                    PipelineOptionsFactory.fromArgs(args).withValidation().as(RationaleOptions.class);
            System.out.println(
                    RationaleJob.run(RationaleRequest.of(options), options).summary());
        } catch (IOException | IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.exit(e instanceof IOException ? 1 : 2);
        }
    }
}
