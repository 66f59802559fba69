package dev.retort.teacher;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retort.data.Message;
import dev.retort.data.SamplingParams;
import java.util.List;
import org.junit.jupiter.api.Test;

class SampleKeyTest {

    private static final List<Message> MESSAGES = List.of(new Message("system", "Be brief."), Message.user("Why?"));

    @Test
    void everyPartCounts() {
        SamplingParams params = SamplingParams.none();
        SampleKey key = SampleKey.of("t", MESSAGES, params, 0);
        assertThat(SampleKey.of("t", List.copyOf(MESSAGES), SamplingParams.none(), 0))
                .isEqualTo(key);
        assertThat(List.of(
                        key,
                        SampleKey.of("u", MESSAGES, params, 0),
                        SampleKey.of("t", MESSAGES, params, 1),
                        SampleKey.of("t", MESSAGES, params.withSeed(0L), 0),
                        SampleKey.of("t", MESSAGES.subList(1, 2), params, 0),
                        SampleKey.of("t", List.of(MESSAGES.get(1), MESSAGES.get(0)), params, 0)))
                .doesNotHaveDuplicates();
    }

    @Test
    void aTextCannotRunOverIntoTheNext() {
        SamplingParams params = SamplingParams.none();
        assertThat(SampleKey.of("t", List.of(Message.user("ab"), Message.user("c")), params, 0))
                .isNotEqualTo(SampleKey.of("t", List.of(Message.user("a"), Message.user("bc")), params, 0));
    }

    @Test
    void theKeyIsTheSameForEver() {
        // A cache of last year is still one.
        assertThat(SampleKey.of("t", MESSAGES, SamplingParams.greedy(5), 2).hex())
                .isEqualTo("52dc94c28b5565081fea8008646fbebf25eb916ab68e0f65e57611cb59a04a1e");
    }
}
