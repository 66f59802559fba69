package dev.retort.pipelines;

import org.apache.beam.sdk.options.Default;
import org.apache.beam.sdk.options.Description;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.Validation;

/** The flags of {@link SampleMain}; Beam's own stand beside them. */
public interface SampleOptions extends PipelineOptions {

    @Description("The questions, JSON Lines")
    @Validation.Required
    String getQuestions();

    void setQuestions(String file);

    @Description("The folder for samples.jsonl, failures.jsonl and malformed.jsonl")
    @Validation.Required
    String getOut();

    void setOut(String folder);

    @Description("Who answers: openai:MODEL, local:MODEL, recorded:FILE, scripted:last-letter, scripted:coin-flip or"
            + " scripted:arithmetic")
    @Validation.Required
    String getTeacher();

    void setTeacher(String spec);

    @Description("How often a scripted teacher errs, 0 to 1")
    @Default.Double(0)
    double getErrorRate();

    void setErrorRate(double rate);

    @Description("The server of an openai teacher, for example http://localhost:8000/v1; not given, OpenAI's own, which"
            + " needs a key in OPENAI_API_KEY")
    String getBaseUrl();

    void setBaseUrl(String address);

    @Description("Most seconds a request of an openai teacher may take; not given, 120")
    Double getTimeout();

    void setTimeout(Double seconds);

    @Description("Samples a question")
    @Default.Integer(1)
    int getSamples();

    void setSamples(int count);

    @Description("Sampling temperature; not given, it is left to the teacher")
    Double getTemperature();

    void setTemperature(Double temperature);

    @Description("Nucleus mass; not given, it is left to the teacher")
    Double getTopP();

    void setTopP(Double topP);

    @Description("Most tokens of a completion; not given, it is left to the teacher")
    Integer getMaxTokens();

    void setMaxTokens(Integer tokens);

    @Description("Seed of the draws; not given, it is left to the teacher")
    Long getSeed();

    void setSeed(Long seed);

    @Description("Most requests at a time, over all workers")
    @Default.Integer(16)
    int getConcurrency();

    void setConcurrency(int requests);

    @Description("Most requests a minute, over all workers, repeated ones included; not given, no limit")
    Integer getRequestsPerMinute();

    void setRequestsPerMinute(Integer requests);

    @Description("Most tokens a minute, of prompts and completions, over all workers; not given, no limit")
    Integer getTokensPerMinute();

    void setTokensPerMinute(Integer tokens);

    @Description("Most requests for one answer: after 408, 409, 429, 5xx, broken connections and answers it asks again")
    @Default.Integer(6)
    int getMaxAttempts();

    void setMaxAttempts(int attempts);

    @Description("Most tokens that all answers may cost, paid for now or before; not given, no limit")
    Long getBudgetTokens();

    void setBudgetTokens(Long tokens);

    @Description("Most money that all answers may cost, paid now or before; needs the prices; not given, no limit")
    Double getBudgetMoney();

    void setBudgetMoney(Double money);

    @Description("Price of a million tokens of prompts")
    @Default.Double(0)
    double getPricePrompt();

    void setPricePrompt(double price);

    @Description("Price of a million tokens of completions")
    @Default.Double(0)
    double getPriceCompletion();

    void setPriceCompletion(double price);

    @Description("The folder of answers that are never asked for again; not given, OUT/cache")
    String getCache();

    void setCache(String folder);
}
