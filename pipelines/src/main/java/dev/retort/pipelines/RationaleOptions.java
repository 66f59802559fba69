package dev.retort.pipelines;

import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;
import org.apache.beam.sdk.options.Validation;

/** The flags of {@link RationaleMain}: those of {@link SampleOptions} and these. */
public interface RationaleOptions extends SampleOptions {

    @Description("Worked questions, JSON Lines {\"question\", \"rationale\", \"label\"}")
    @Validation.Required
    String getDemonstrations();

    void setDemonstrations(String file);

    @Description("How worked questions are written: dss-cqa-few-shot, dss-svamp-few-shot, dss-anli-few-shot or"
            + " dss-esnli-few-shot")
    @Default.String("dss-cqa-few-shot")
    String getLayout();

    void setLayout(String name);

    @Description("Whether labels are options with their letters, \"(a) text\"")
    @Default.Boolean(false)
    boolean getChoiceLetters();

    void setChoiceLetters(boolean choiceLetters);

    @Description("Whether the next question's header is sent as a stop text; false for a server that takes none")
    @Default.Boolean(true)
    boolean getSendStop();

    void setSendStop(boolean sendStop);
}
