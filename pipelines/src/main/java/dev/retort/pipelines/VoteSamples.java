package dev.retort.pipelines;

import dev.retort.answer.MajorityVote;
import dev.retort.answer.Vote;
import dev.retort.data.TeacherSample;
import dev.retort.data.VotedAnswer;
import dev.retort.filter.Perturbation;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.metrics.Metrics;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.GroupByKey;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;

/**
 * Votes over the answers of each question's samples (self-consistency, Wang et al. 2022, arXiv 2203.11171): one row a question.
 * Truncated samples vote for nothing but count in the total; samples of variants are left out.
 */
public final class VoteSamples extends PTransform<PCollection<TeacherSample>, PCollection<VotedAnswer>> {

    /** The metric that counts questions with a winning answer. */
    public static final String WON = "won";

    /** The metric that counts questions without one. */
    public static final String UNDECIDED = "undecided";

    /** The metric that counts samples of variants, which were left out. */
    public static final String VARIANTS = "variants";

    private final VoteFactory vote;
    private final int asked;

    private VoteSamples(VoteFactory vote, int asked) {
        this.vote = vote;
        this.asked = asked;
    }

    /** Takes the samples there are for all that were asked for. */
    public static VoteSamples with(VoteFactory vote) {
        return new VoteSamples(vote, 0);
    }

    /** Counts samples that never came as samples without an answer; 0 where it is not known how many were asked for. */
    public VoteSamples withSamplesAsked(int count) {
        if (count < 0) {
            throw new IllegalArgumentException("the samples asked for must not be fewer than 0, not " + count);
        }
        return new VoteSamples(vote, count);
    }

    @Override
    public PCollection<VotedAnswer> expand(PCollection<TeacherSample> samples) {
        return samples.apply("Key", ParDo.of(new KeyFn()))
                .setCoder(KvCoder.of(VarIntCoder.of(), RowCoder.of(TeacherSample.class)))
                .apply("Group", GroupByKey.create())
                .apply("Vote", ParDo.of(new VoteFn(vote, asked)))
                .setCoder(RowCoder.of(VotedAnswer.class));
    }

    private static final class KeyFn extends DoFn<TeacherSample, KV<Integer, TeacherSample>> {

        private final Counter variants = Metrics.counter(VoteSamples.class, VARIANTS);

        @ProcessElement
        public void key(@Element TeacherSample sample, OutputReceiver<KV<Integer, TeacherSample>> out) {
            if (sample.extra().containsKey(Perturbation.PERTURBED_FROM)) {
                variants.inc();
            } else {
                out.output(KV.of(JoinSamples.shard(sample.id()), sample));
            }
        }
    }

    static final class VoteFn extends DoFn<KV<Integer, Iterable<TeacherSample>>, VotedAnswer> {

        private final VoteFactory factory;
        private final int asked;
        private final Counter won = Metrics.counter(VoteSamples.class, WON);
        private final Counter undecided = Metrics.counter(VoteSamples.class, UNDECIDED);

        private transient MajorityVote vote;

        VoteFn(VoteFactory factory, int asked) {
            this.factory = factory;
            this.asked = asked;
        }

        @Setup
        public void setup() {
            vote = factory.create();
        }

        @ProcessElement
        public void count(@Element KV<Integer, Iterable<TeacherSample>> shard, OutputReceiver<VotedAnswer> out) {
            Map<String, SortedMap<Integer, TeacherSample>> questions = new LinkedHashMap<>();
            for (TeacherSample sample : shard.getValue()) {
                questions.computeIfAbsent(sample.id(), id -> new TreeMap<>()).put(sample.sampleIndex(), sample);
            }
            questions.forEach((id, samples) -> {
                Vote outcome = vote.of(answers(samples));
                (outcome.winner().isPresent() ? won : undecided).inc();
                out.output(new VotedAnswer(
                        id,
                        samples.get(samples.firstKey()).task(),
                        outcome.winner().orElse(null),
                        outcome.votes(),
                        outcome.total(),
                        outcome.agreement(),
                        Map.of()));
            });
        }

        private List<String> answers(SortedMap<Integer, TeacherSample> samples) {
            List<String> answers = new ArrayList<>();
            for (TeacherSample sample : samples.values()) {
                answers.add(TeacherSample.LENGTH.equals(sample.finishReason()) ? null : sample.answer());
            }
            while (answers.size() < asked) {
                answers.add(null);
            }
            return answers;
        }
    }
}
