package dev.retort.pipelines;

import dev.retort.prompt.Demonstration;
import dev.retort.prompt.FewShotLayout;
import dev.retort.prompt.FewShotPrompt;
import java.io.IOException;
import java.nio.file.Path;

/**
 * What a {@link RationaleJob} does.
 *
 * @param sampling who is asked what, how often, and the folder of the output files
 * @param prompt the worked questions that stand before each question
 * @param choiceLetters whether labels are options with their letters
 * @param sendsStop whether the next question's header is sent as a stop text
 */
public record RationaleRequest(SampleRequest sampling, FewShotPrompt prompt, boolean choiceLetters, boolean sendsStop) {

    /** Labels without letters, with the stop text. */
    public static RationaleRequest of(SampleRequest sampling, FewShotPrompt prompt) {
        return new RationaleRequest(sampling, prompt, false, true);
    }

    /**
     * What the flags ask for.
     *
     * @throws IllegalArgumentException where a flag's value or a demonstration does not fit, with one line that says why
     * @throws IOException where the demonstrations cannot be read
     */
    public static RationaleRequest of(RationaleOptions options) throws IOException {
        SampleRequest sampling = SampleRequest.of(options);
        FewShotLayout layout = FewShotLayout.named(options.getLayout());
        FewShotPrompt prompt = new FewShotPrompt(Demonstration.read(Path.of(options.getDemonstrations())), layout);
        return new RationaleRequest(sampling, prompt, options.getChoiceLetters(), options.getSendStop());
    }

    public RationaleRequest withChoiceLetters() {
        return new RationaleRequest(sampling, prompt, true, sendsStop);
    }

    /** For a server that takes no stop texts. */
    public RationaleRequest withoutStop() {
        return new RationaleRequest(sampling, prompt, choiceLetters, false);
    }
}
