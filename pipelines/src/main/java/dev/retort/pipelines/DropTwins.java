package dev.retort.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import dev.retort.data.Question;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.metrics.Metrics;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;

/**
 * Leaves out items that hold the responses of another item of their field "pair" in the other order, for {@link JudgeSamples}
 * asks both orders of one: of two such items the one with the lesser id stays.
 */
final class DropTwins extends PTransform<PCollection<Question>, PCollection<Question>> {

    /** The metric that counts what was left out. */
    static final String TWINS = "twins";

    private static final String PAIR = "pair";

    @Override
    public PCollection<Question> expand(PCollection<Question> items) {
        return items.apply("Group", Shards.by(DropTwins::group))
                .apply("Drop", ParDo.of(new DropFn()))
                .setCoder(RowCoder.of(Question.class));
    }

    private static String group(Question item) {
        String pair = pair(item);
        return pair == null ? item.id() : pair;
    }

    private static String pair(Question item) {
        JsonNode pair = item.extra().get(PAIR);
        return pair == null ? null : pair.toString();
    }

    private static final class DropFn extends DoFn<KV<Integer, Iterable<Question>>, Question> {

        private final Counter twins = Metrics.counter(DropTwins.class, TWINS);

        @ProcessElement
        public void drop(@Element KV<Integer, Iterable<Question>> shard, OutputReceiver<Question> out) {
            Map<String, List<Question>> pairs = new HashMap<>();
            for (Question item : shard.getValue()) {
                String pair = pair(item);
                if (pair == null) {
                    out.output(item);
                } else {
                    pairs.computeIfAbsent(pair, key -> new ArrayList<>()).add(item);
                }
            }
            for (List<Question> items : pairs.values()) {
                items.sort(Comparator.comparing(Question::id));
                List<Question> kept = new ArrayList<>();
                for (Question item : items) {
                    if (kept.stream().anyMatch(other -> isSwapped(item, other))) {
                        twins.inc();
                    } else {
                        kept.add(item);
                        out.output(item);
                    }
                }
            }
        }

        private static boolean isSwapped(Question item, Question other) {
            JsonNode one = item.extra().get(JudgeSamples.RESPONSES);
            JsonNode two = other.extra().get(JudgeSamples.RESPONSES);
            JsonNode prompt = item.extra().get(JudgeSamples.PROMPT);
            return one != null
                    && two != null
                    && prompt != null
                    && one.size() == 2
                    && two.size() == 2
                    && prompt.equals(other.extra().get(JudgeSamples.PROMPT))
                    && one.path(0).equals(two.path(1))
                    && one.path(1).equals(two.path(0));
        }
    }
}
