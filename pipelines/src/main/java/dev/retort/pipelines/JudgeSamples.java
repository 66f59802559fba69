package dev.retort.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.retort.answer.AnswerCut;
import dev.retort.data.Failure;
import dev.retort.data.Message;
import dev.retort.data.Question;
import dev.retort.data.Rows;
import dev.retort.data.TeacherSample;
import dev.retort.filter.FilterReport;
import dev.retort.prompt.PromptTemplate;
import dev.retort.teacher.System2Method;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.beam.sdk.metrics.Counter;
import org.apache.beam.sdk.metrics.Metrics;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.Flatten;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionList;
import org.apache.beam.sdk.values.PCollectionTuple;
import org.apache.beam.sdk.values.TupleTag;
import org.apache.beam.sdk.values.TupleTagList;

/**
 * Asks a judge which of two responses is better, always in both orders (Zheng et al. 2023, arXiv 2306.05685, section 3.4).
 * Every item ends as a judgement, or among the failures where one of its orders was not answered.
 *
 * <p>An item is a question with the fields "prompt", the request that was responded to, and "responses", A and B; the field
 * "sample_index" tells items of one id apart, 0 where it is missing. The judging prompt judge-pair-v2 takes the place of its
 * last user turn, the turns before stay. Asked are the questions ID~judge-INDEX and ID~judge-INDEX-swapped.
 */
public final class JudgeSamples extends PTransform<PCollection<Question>, JudgeSamples.Result> {

    /** The field of an item with the request that was responded to. */
    public static final String PROMPT = "prompt";

    /** The field of an item with the two responses. */
    public static final String RESPONSES = "responses";

    /** The field of an item that tells it from others of its id. */
    public static final String SAMPLE_INDEX = "sample_index";

    /** The field of a judgement with the verdict on A before B: A, B, tie, or null where none can be read. */
    public static final String VERDICT = "verdict";

    /** The field of a judgement with the verdict on B before A, as it was given: its A is the response shown first. */
    public static final String VERDICT_SWAPPED = "verdict_swapped";

    /** The field of a judgement that says whether both verdicts mean the same. */
    public static final String CONSISTENT = "consistent";

    /** The field of a judgement with what was said to B before A: text, finish_reason, usage and further fields. */
    public static final String SWAPPED = "swapped";

    /** The reason of a judgement whose verdicts mean different responses. */
    public static final String INCONSISTENT = "inconsistent";

    /** The reason of a judgement without a verdict in one of the orders. */
    public static final String UNPARSED = "unparsed";

    /** The metric that counts items. */
    public static final String ITEMS = "items";

    /** Metrics of items with one verdict in both orders: for A, for B, and for neither. */
    public static final String FOR_A = "for-a";

    public static final String FOR_B = "for-b";
    public static final String TIES = "ties";

    /** The metric that counts verdicts, two an item at most, for one of the responses. */
    public static final String DECIDED = "decided";

    /** The metric that counts those of them for the response that was shown first: half of them where there is no bias. */
    public static final String FIRST_SHOWN = "first-shown";

    private static final String ASKED = "~judge-";
    private static final String SWAPPED_END = "-swapped";

    private static final TupleTag<Question> POSED = new TupleTag<>("posed");
    private static final TupleTag<Failure> FAILURES = new TupleTag<>("failures");
    private static final TupleTag<TeacherSample> JUDGEMENTS = new TupleTag<>("judgements");

    private final AskTeacher ask;

    private JudgeSamples(AskTeacher ask) {
        this.ask = ask;
    }

    /** Asks this judge once for each order. */
    public static JudgeSamples with(TeacherFactory judge) {
        return new JudgeSamples(AskTeacher.with(judge));
    }

    /** Asks like this, but for samples and answers, which this transform sets itself. */
    public JudgeSamples withAsking(AskTeacher newAsk) {
        return new JudgeSamples(newAsk);
    }

    /** The method of several calls that judges by Branch-Solve-Merge, for {@link AskTeacher#withMethod}. */
    public static TeacherWrapper branchSolveMerge() {
        return TeacherWrapper.of(System2Method.BSM, AnswerCut.VERDICT);
    }

    @Override
    public Result expand(PCollection<Question> items) {
        PCollectionTuple posed =
                items.apply("Pose", ParDo.of(new PoseFn()).withOutputTags(POSED, TupleTagList.of(FAILURES)));
        posed.get(POSED).setCoder(RowCoder.of(Question.class));
        posed.get(FAILURES).setCoder(RowCoder.of(Failure.class));
        AskTeacher.Result asked =
                posed.get(POSED).apply("Ask", ask.withSamples(1).withAnswers(AnswerReader.of(AnswerCut.VERDICT)));
        PCollection<TeacherSample> judgements = asked.samples()
                .apply("GroupOrders", Shards.by(sample -> itemId(sample.id())))
                .apply("Compare", ParDo.of(new CompareFn()))
                .setCoder(RowCoder.of(TeacherSample.class));
        PCollection<Failure> failures =
                PCollectionList.of(posed.get(FAILURES)).and(asked.failures()).apply("Failures", Flatten.pCollections());
        return new Result(PCollectionTuple.of(JUDGEMENTS, judgements).and(FAILURES, failures));
    }

    /** What became of the items. */
    public static final class Result extends NamedOutputs {

        private Result(PCollectionTuple outputs) {
            super(outputs);
        }

        /**
         * Items that were judged in both orders, as the sample of the order A before B. The answer is the verdict where it is
         * consistent, else null, with why in the field {@link FilterReport#REASON}.
         */
        public PCollection<TeacherSample> judgements() {
            return get(JUDGEMENTS);
        }

        /** Orders that were not answered, and, under their own ids, items that are none. */
        public PCollection<Failure> failures() {
            return get(FAILURES);
        }
    }

    /** Makes the two questions of an item. */
    static final class PoseFn extends DoFn<Question, Question> {

        private final Counter items = Metrics.counter(JudgeSamples.class, ITEMS);

        private transient PromptTemplate template;

        @Setup
        public void setup() {
            template = PromptTemplate.named("judge-pair-v2");
        }

        @ProcessElement
        public void pose(@Element Question item, MultiOutputReceiver out) {
            items.inc();
            JsonNode index = item.extra().get(SAMPLE_INDEX);
            boolean isIndex = index == null || (index.isInt() && index.intValue() >= 0);
            int number = index == null || !isIndex ? 0 : index.intValue();
            JsonNode prompt = item.extra().get(PROMPT);
            JsonNode responses = item.extra().get(RESPONSES);
            boolean isPair = responses != null
                    && responses.size() == 2
                    && responses.path(0).isTextual()
                    && responses.path(1).isTextual();
            if (!isIndex || !isPair || prompt == null || !prompt.isTextual()) {
                String error = isIndex
                        ? "no item to judge: it needs the fields prompt, a text, and responses, two texts"
                        : "no item to judge: its field sample_index must be a whole number, 0 or more";
                out.get(FAILURES).output(new Failure(item.id(), number, error, 0, item, Map.of()));
                return;
            }
            String id = item.id() + ASKED + number;
            String a = responses.get(0).textValue();
            String b = responses.get(1).textValue();
            out.get(POSED).output(question(item, id, prompt.textValue(), a, b));
            out.get(POSED).output(question(item, id + SWAPPED_END, prompt.textValue(), b, a));
        }

        private Question question(Question item, String id, String prompt, String first, String second) {
            String judging = template.fill(Map.of("question", prompt, "answer_a", first, "answer_b", second));
            List<Message> messages = new ArrayList<>(item.messages());
            messages.set(item.textTurn(), Message.user(judging));
            ArrayNode shown = JsonNodeFactory.instance.arrayNode().add(first).add(second);
            return new Question(
                    id, item.task(), messages, null, Map.of(PROMPT, TextNode.valueOf(prompt), RESPONSES, shown));
        }
    }

    private static String itemId(String askedId) {
        return askedId.substring(0, askedId.lastIndexOf(ASKED));
    }

    /** Makes a judgement of the two orders of an item. */
    private static final class CompareFn extends DoFn<KV<Integer, Iterable<TeacherSample>>, TeacherSample> {

        private final Counter forA = Metrics.counter(JudgeSamples.class, FOR_A);
        private final Counter forB = Metrics.counter(JudgeSamples.class, FOR_B);
        private final Counter ties = Metrics.counter(JudgeSamples.class, TIES);
        private final Counter inconsistent = Metrics.counter(JudgeSamples.class, INCONSISTENT);
        private final Counter unparsed = Metrics.counter(JudgeSamples.class, UNPARSED);
        private final Counter decided = Metrics.counter(JudgeSamples.class, DECIDED);
        private final Counter firstShown = Metrics.counter(JudgeSamples.class, FIRST_SHOWN);

        @ProcessElement
        public void compare(@Element KV<Integer, Iterable<TeacherSample>> shard, OutputReceiver<TeacherSample> out) {
            Map<String, TeacherSample> byId = new LinkedHashMap<>();
            shard.getValue().forEach(sample -> byId.put(sample.id(), sample));
            byId.forEach((id, shown) -> {
                // An order that is missing is among the failures.
                TeacherSample swapped = byId.get(id + SWAPPED_END);
                if (swapped != null) {
                    out.output(judgement(shown, swapped));
                }
            });
        }

        private TeacherSample judgement(TeacherSample shown, TeacherSample swapped) {
            String verdict = shown.answer();
            String verdictSwapped = swapped.answer();
            countPosition(verdict);
            countPosition(verdictSwapped);
            boolean isRead = verdict != null && verdictSwapped != null;
            boolean isConsistent = isRead && verdict.equals(mirrored(verdictSwapped));
            Map<String, JsonNode> extra = new LinkedHashMap<>(shown.extra());
            extra.put(VERDICT, node(verdict));
            extra.put(VERDICT_SWAPPED, node(verdictSwapped));
            extra.put(CONSISTENT, BooleanNode.valueOf(isConsistent));
            if (!isConsistent) {
                extra.put(FilterReport.REASON, TextNode.valueOf(isRead ? INCONSISTENT : UNPARSED));
            }
            extra.put(SWAPPED, said(swapped));
            count(isRead, isConsistent ? verdict : null);
            return new TeacherSample(
                    itemId(shown.id()),
                    shown.task(),
                    shown.messages(),
                    index(shown.id()),
                    shown.text(),
                    shown.rationale(),
                    isConsistent ? verdict : null,
                    shown.finishReason(),
                    shown.teacher(),
                    shown.params(),
                    shown.usage(),
                    extra);
        }

        private void count(boolean isRead, String agreed) {
            if (agreed != null) {
                (agreed.equals("A") ? forA : agreed.equals("B") ? forB : ties).inc();
            } else {
                (isRead ? inconsistent : unparsed).inc();
            }
        }

        private void countPosition(String verdict) {
            if ("A".equals(verdict)) {
                firstShown.inc();
            }
            if ("A".equals(verdict) || "B".equals(verdict)) {
                decided.inc();
            }
        }

        private static int index(String askedId) {
            return Integer.parseInt(askedId.substring(askedId.lastIndexOf(ASKED) + ASKED.length()));
        }

        private static String mirrored(String verdict) {
            return verdict.equals("A") ? "B" : verdict.equals("B") ? "A" : verdict;
        }

        private static JsonNode node(String verdict) {
            return verdict == null ? NullNode.getInstance() : TextNode.valueOf(verdict);
        }

        private static ObjectNode said(TeacherSample sample) {
            ObjectNode said = JsonNodeFactory.instance.objectNode();
            said.put("text", sample.text());
            if (sample.rationale() != null) {
                said.put("rationale", sample.rationale());
            }
            said.put("finish_reason", sample.finishReason());
            if (sample.usage() != null) {
                said.set("usage", Rows.mapper().valueToTree(sample.usage()));
            }
            sample.extra().forEach(said::set);
            return said;
        }
    }
}
