package dev.retort.data;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.io.Serializable;
import java.util.List;

/**
 * How a completion is drawn. A value that is null was not given and is not sent to a teacher.
 *
 * @param temperature 0 is greedy; null leaves it to the teacher
 * @param topP nucleus mass in (0, 1]
 * @param topK number of most probable tokens kept, at least 1
 * @param maxTokens most tokens of a completion, at least 1
 * @param stop texts that end a completion and are not part of it
 * @param seed the draw's seed
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record SamplingParams(
        Double temperature, Double topP, Integer topK, Integer maxTokens, List<String> stop, Long seed)
        implements Serializable {

    public SamplingParams {
        Rows.require(temperature == null || (temperature >= 0 && temperature <= 100), "temperature must be 0 to 100");
        Rows.require(topP == null || (topP > 0 && topP <= 1), "top_p must be in (0, 1]");
        Rows.require(topK == null || topK >= 1, "top_k must be at least 1");
        Rows.require(maxTokens == null || maxTokens >= 1, "max_tokens must be at least 1");
        stop = stop == null ? List.of() : List.copyOf(stop);
        Rows.require(stop.stream().noneMatch(String::isEmpty), "a stop text must not be empty");
    }

    /** Nothing given. */
    public static SamplingParams none() {
        return new SamplingParams(null, null, null, null, List.of(), null);
    }

    /** Greedy decoding of at most this many tokens. */
    public static SamplingParams greedy(int maxTokens) {
        return new SamplingParams(0.0, null, null, maxTokens, List.of(), null);
    }

    public SamplingParams withTemperature(Double value) {
        return new SamplingParams(value, topP, topK, maxTokens, stop, seed);
    }

    public SamplingParams withTopP(Double value) {
        return new SamplingParams(temperature, value, topK, maxTokens, stop, seed);
    }

    public SamplingParams withTopK(Integer value) {
        return new SamplingParams(temperature, topP, value, maxTokens, stop, seed);
    }

    public SamplingParams withMaxTokens(Integer value) {
        return new SamplingParams(temperature, topP, topK, value, stop, seed);
    }

    public SamplingParams withStop(List<String> value) {
        return new SamplingParams(temperature, topP, topK, maxTokens, value, seed);
    }

    public SamplingParams withSeed(Long value) {
        return new SamplingParams(temperature, topP, topK, maxTokens, stop, value);
    }
}
