package dev.retort.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.answer.AnswerText;
import dev.retort.answer.MajorityVote;
import dev.retort.answer.VoteRule;
import dev.retort.data.Question;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import dev.retort.teacher.ScriptedTeacher;
import dev.retort.teacher.TeacherException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PerturbationGroupsTest {

    private static final PerturbationConsistencyFilter FILTER =
            new PerturbationConsistencyFilter(new MajorityVote(new VoteRule.StrictMajority(), AnswerText::relaxed));

    private static final Question AGREED = Variants.choice("agreed", null);
    private static final Question BIASED = Variants.choice("biased", null);
    private static final Question PLAIN = Samples.QUESTION;
    private static final Question AGREED_VARIANT =
            Variants.made(Perturbation.OPTION_REORDER, AGREED, 1).get(0);
    private static final Question BIASED_VARIANT =
            Variants.made(Perturbation.OPTION_REORDER, BIASED, 1).get(0);
    private static final List<Question> QUESTIONS = List.of(AGREED_VARIANT, PLAIN, AGREED, BIASED, BIASED_VARIANT);
    private static final List<TeacherSample> SAMPLES = List.of(
            Variants.sample(BIASED_VARIANT, 0, "a"),
            Variants.sample(AGREED, 0, "shelf"),
            Variants.sample(AGREED_VARIANT, 0, "shelf"),
            Variants.sample(BIASED, 0, "a"),
            Variants.sample(PLAIN, 0, "2"));

    @Test
    void joinsVariantsWithTheirQuestions() {
        FilterReport report = PerturbationGroups.over(QUESTIONS, SAMPLES, FILTER);
        assertThat(report.kept()).containsExactly(SAMPLES.get(1));
        assertThat(report.rejected())
                .containsExactly(
                        FilterReport.withReason(SAMPLES.get(0), "variant"),
                        FilterReport.withReason(SAMPLES.get(2), "variant"),
                        FilterReport.withReason(SAMPLES.get(3), "perturbation-disagrees"),
                        FilterReport.withReason(SAMPLES.get(4), "not-perturbed"));
        assertThat(report.summary())
                .isEqualTo("kept 1 of 5 samples, of 1 of 3 questions; rejected: not-perturbed 1,"
                        + " perturbation-disagrees 1, variant 2");
    }

    @Test
    void theOrderOfRowsDoesNotMatter() {
        List<Question> questions = new ArrayList<>(QUESTIONS);
        List<TeacherSample> samples = new ArrayList<>(SAMPLES);
        Collections.reverse(questions);
        Collections.reverse(samples);
        FilterReport report = PerturbationGroups.over(questions, samples, FILTER);
        assertThat(report.kept()).containsExactly(SAMPLES.get(1));
        assertThat(report.reasons())
                .isEqualTo(PerturbationGroups.over(QUESTIONS, SAMPLES, FILTER).reasons());
    }

    @Test
    void standsAmongOtherFilters() {
        PerturbationGroups groups = PerturbationGroups.of(QUESTIONS, SAMPLES);
        FilterReport report = groups.report(List.of(new LengthFilter(0, 1), groups.filter(FILTER)));
        assertThat(report.reasons()).isEqualTo(Map.of("too-long", 3, "variant", 2));
        assertThat(groups.variantsOf("agreed"))
                .containsExactly(new VariantSamples(AGREED_VARIANT, List.of(SAMPLES.get(2))));
        assertThat(groups.variantsOf("q1")).isEmpty();
        assertThat(Samples.words(groups.filter(FILTER).judge(BIASED_VARIANT, SAMPLES.subList(0, 1))))
                .containsExactly("variant");
    }

    @Test
    void aVariantWithoutSamplesCounts() {
        FilterReport report = PerturbationGroups.over(QUESTIONS, SAMPLES.subList(0, 2), FILTER);
        assertThat(report.reasons()).isEqualTo(Map.of("perturbation-unanswered", 1, "variant", 1));
    }

    @Test
    void aVariantWithoutItsQuestionIsAnError() {
        assertThatThrownBy(() -> PerturbationGroups.of(List.of(AGREED_VARIANT), List.of()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("question agreed~option-reorder-1 is a variant of question agreed, which is not among the"
                        + " questions");
    }

    @Test
    void aSampleOfNoQuestionIsAnError() {
        assertThatThrownBy(() -> PerturbationGroups.over(List.of(AGREED), SAMPLES.subList(4, 5), FILTER))
                .hasMessage("sample 0 belongs to question q1, which is not among the questions");
    }

    @Test
    void whatVariantsConfirmIsRightMoreOften() throws TeacherException {
        List<Question> originals = new ArrayList<>();
        List<String> names = List.of("Ada", "Ben", "Cora", "Dan", "Emma", "Fred");
        for (int i = 0; i < 200; i++) {
            boolean thirdFlips = i % 3 == 0;
            // Every question has its own people in its own order, so that the teacher errs in each by itself.
            String third = names.get(i % 6);
            Question coin = Variants.coin(
                    "q" + i,
                    names.get(i / 6 % 6) + " flips the coin.",
                    names.get(i / 36) + " does not flip the coin.",
                    thirdFlips ? third + " flips the coin." : third + " does not flip the coin.");
            originals.add(new Question(coin.id(), coin.task(), coin.messages(), thirdFlips ? "yes" : "no", Map.of()));
        }
        List<Question> questions = new ArrayList<>(originals);
        questions.addAll(
                PerturbedQuestions.of(originals, Set.of(Perturbation.CLAUSE_REORDER, Perturbation.NAME_SWAP), 1, 5)
                        .variants());
        assertThat(questions).hasSize(600);
        ScriptedTeacher teacher = ScriptedTeacher.of("coin-flip", 0.4);
        List<TeacherSample> samples = new ArrayList<>();
        for (Question question : questions) {
            samples.addAll(teacher.sample(question, SamplingParams.none(), List.of(0)));
        }
        FilterReport report = PerturbationGroups.over(questions, samples, FILTER);
        FilterPrecision precision = FilterPrecision.of(report, questions, AnswerForm.TEXT.equality());
        assertThat(precision.all()).isEqualTo(200);
        assertThat(precision.unknown()).isZero();
        // Right with probability 0.6; three times the same is 0.216 right against 0.064 wrong, or 77 %.
        assertThat(precision.ofAll().orElseThrow()).isBetween(0.5, 0.7);
        assertThat(precision.ofKept().orElseThrow()).isBetween(0.65, 0.9);
        assertThat(precision.kept()).isBetween(30, 85);
    }
}
