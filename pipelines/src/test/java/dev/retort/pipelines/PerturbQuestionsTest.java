package dev.retort.pipelines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.TextNode;
import dev.retort.data.Failure;
import dev.retort.data.Question;
import dev.retort.filter.Perturbation;
import dev.retort.filter.Perturbed;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.PipelineResult;
import org.apache.beam.sdk.testing.PAssert;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.values.KV;
import org.junit.jupiter.api.Test;

class PerturbQuestionsTest {

    private static final Question COIN = CoinFlips.question(0);
    private static final Question OLD = Question.ofText("o", "t", "Is it old?", "yes");
    private static final Question HARD = Question.ofText("h", "t", "Is it hard?", null);

    private final Pipeline pipeline = Fixtures.pipeline();

    private PerturbQuestions.Result perturb(PerturbQuestions transform, Question... questions) {
        return pipeline.apply("Questions", Create.of(List.of(questions)).withCoder(RowCoder.of(Question.class)))
                .apply(transform);
    }

    @Test
    void variantsStandBesideTheirQuestions() {
        List<Question> expected = new ArrayList<>(List.of(OLD, COIN));
        expected.addAll(((Perturbed.Variants) Perturbation.CLAUSE_REORDER.perturb(COIN, 2, 9)).questions());
        expected.addAll(((Perturbed.Variants) Perturbation.NAME_SWAP.perturb(COIN, 1, 9)).questions());
        PerturbQuestions.Result result = perturb(
                PerturbQuestions.of(PerturbSpec.parse("name-swap,clause-reorder:2"))
                        .withSeed(9),
                COIN,
                OLD);
        PAssert.that(result.questions()).containsInAnyOrder(expected);
        PAssert.that(result.notApplied())
                .containsInAnyOrder(
                        List.of(KV.of("o", "name-swap: no-names"), KV.of("o", "clause-reorder: no-coin-flip")));
        PAssert.that(result.failures()).empty();
        PipelineResult counted = Fixtures.run(pipeline);
        assertThat(Fixtures.counter(counted, PerturbQuestions.class, "questions"))
                .isEqualTo(2);
        assertThat(Fixtures.counter(counted, PerturbQuestions.class, "variants"))
                .isEqualTo(3);
        assertThat(Fixtures.counter(counted, PerturbQuestions.class, "not-applied-name-swap: no-names"))
                .isEqualTo(1);
    }

    @Test
    void otherWordsAreAskedFor() {
        PerturbQuestions.Result result = perturb(
                PerturbQuestions.of(PerturbSpec.parse("rephrase:4")).withAsking(AskTeacher.with(Wordsmith::new)),
                OLD,
                HARD);
        Question variant = new Question(
                "o~rephrase-1",
                "t",
                Question.ofText("x", "t", "Is it new?", null).messages(),
                "yes",
                Map.of(
                        "perturbed_from", TextNode.valueOf("o"),
                        "perturbation", TextNode.valueOf("rephrase")));
        PAssert.that(result.questions()).containsInAnyOrder(OLD, HARD, variant);
        PAssert.that(result.notApplied())
                .containsInAnyOrder(List.of(
                        KV.of("o", "rephrase: reply-repeats-another"),
                        KV.of("o", "rephrase: reply-brings-nothing-new"),
                        KV.of("o", "rephrase: reply-truncated")));
        Question request = Perturbation.rephraseRequest(HARD);
        List<Failure> failures = new ArrayList<>();
        for (int index = 0; index < 4; index++) {
            failures.add(new Failure("h~rephrase-request", index, "too hard", 1, request, Map.of()));
        }
        PAssert.that(result.failures()).containsInAnyOrder(failures);
        PipelineResult counted = Fixtures.run(pipeline);
        assertThat(Fixtures.counter(counted, PerturbQuestions.class, "variants"))
                .isEqualTo(1);
        assertThat(Fixtures.counter(counted, PerturbQuestions.class, "replies")).isEqualTo(4);
    }

    @Test
    void otherWordsNeedATeacher() {
        assertThatThrownBy(() -> perturb(PerturbQuestions.of(PerturbSpec.parse("rephrase")), OLD))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("rephrase needs a teacher to ask: withAsking gives one");
    }

    @Test
    void variantsAreNotPerturbed() {
        perturb(
                PerturbQuestions.of(PerturbSpec.parse("name-swap")),
                Question.ofText("o~name-swap-1", "t", "Is it old?", "yes"));
        assertThatThrownBy(() -> Fixtures.run(pipeline))
                .isInstanceOf(Pipeline.PipelineExecutionException.class)
                .hasMessageContaining("question o~name-swap-1 is a variant, or named like one: perturb the questions"
                        + " without their variants");
    }
}
