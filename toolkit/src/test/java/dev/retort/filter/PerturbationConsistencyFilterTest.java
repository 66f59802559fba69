package dev.retort.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.answer.AnswerText;
import dev.retort.answer.MajorityVote;
import dev.retort.answer.VoteRule;
import dev.retort.data.Question;
import dev.retort.data.TeacherSample;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PerturbationConsistencyFilterTest {

    private static final MajorityVote STRICT = new MajorityVote(new VoteRule.StrictMajority(), AnswerText::relaxed);
    private static final PerturbationConsistencyFilter FILTER = new PerturbationConsistencyFilter(STRICT);

    private static final Question COIN =
            Variants.coin("f", "Ada flips the coin.", "Bo does not flip the coin.", "Cy flips the coin.");
    private static final List<Question> TURNS = Variants.made(Perturbation.CLAUSE_REORDER, COIN, 2);

    private static List<TeacherSample> samples(Question question, String... answers) {
        List<TeacherSample> samples = new ArrayList<>();
        for (String answer : answers) {
            samples.add(Variants.sample(question, samples.size(), answer));
        }
        return samples;
    }

    private static VariantSamples variant(Question variant, String... answers) {
        return new VariantSamples(variant, samples(variant, answers));
    }

    private static List<String> judge(List<TeacherSample> own, VariantSamples... variants) {
        return Samples.words(FILTER.judge(COIN, own, List.of(variants)));
    }

    @Test
    void keepsWhatAllVariantsConfirm() {
        assertThat(judge(samples(COIN, "Yes"), variant(TURNS.get(0), "yes."), variant(TURNS.get(1), "\"YES\"")))
                .containsExactly("kept");
        assertThat(judge(
                        samples(COIN, "yes", "no", "yes", null, "yes"),
                        variant(TURNS.get(0), "yes", "no", "yes"),
                        variant(TURNS.get(1), "yes")))
                .containsExactly("kept", "minority", "kept", "no-answer", "kept");
    }

    @Test
    void oneVariantThatDisagreesIsEnough() {
        assertThat(judge(samples(COIN, "yes", "yes"), variant(TURNS.get(0), "yes"), variant(TURNS.get(1), "no")))
                .containsExactly("perturbation-disagrees", "perturbation-disagrees");
        assertThat(judge(samples(COIN, "yes"), variant(TURNS.get(0)), variant(TURNS.get(1), "no")))
                .containsExactly("perturbation-disagrees");
    }

    @Test
    void aVariantWithoutAnAnswerConfirmsNothing() {
        assertThat(judge(samples(COIN, "yes"), variant(TURNS.get(0), "yes"), variant(TURNS.get(1))))
                .containsExactly("perturbation-unanswered");
        assertThat(judge(samples(COIN, "yes"), variant(TURNS.get(0), "yes", "no")))
                .containsExactly("perturbation-unanswered");
        assertThat(judge(samples(COIN, "yes"), variant(TURNS.get(0), "yes", null)))
                .containsExactly("perturbation-unanswered");
        TeacherSample cut = Samples.sample(TURNS.get(0).id(), 0, "x", "yes", "length");
        assertThat(judge(samples(COIN, "yes"), new VariantSamples(TURNS.get(0), List.of(cut))))
                .containsExactly("perturbation-unanswered");
    }

    @Test
    void withoutAMajorityOfItsOwnNothingIsKept() {
        assertThat(judge(samples(COIN, "yes", "no"), variant(TURNS.get(0), "yes")))
                .containsExactly("no-majority", "no-majority");
        assertThat(judge(samples(COIN, (String) null), variant(TURNS.get(0), "yes")))
                .containsExactly("no-majority");
        assertThat(judge(List.of(), variant(TURNS.get(0), "yes"))).isEmpty();
    }

    @Test
    void samplesThatNeverCameCountAsSilent() {
        PerturbationConsistencyFilter ofThree = new PerturbationConsistencyFilter(STRICT, 3, 3, false);
        VariantSamples two = variant(TURNS.get(0), "yes", "yes");
        VariantSamples one = variant(TURNS.get(0), "yes");
        assertThat(Samples.words(ofThree.judge(COIN, samples(COIN, "yes", "yes"), List.of(two))))
                .containsExactly("kept", "kept");
        assertThat(Samples.words(ofThree.judge(COIN, samples(COIN, "yes", "yes"), List.of(one))))
                .containsExactly("perturbation-unanswered", "perturbation-unanswered");
        assertThat(Samples.words(ofThree.judge(COIN, samples(COIN, "yes"), List.of(two))))
                .containsExactly("no-majority");
    }

    @Test
    void aQuestionWithoutVariantsIsRejectedOrKept() {
        assertThat(judge(samples(COIN, "yes", null))).containsExactly("not-perturbed", "not-perturbed");
        PerturbationConsistencyFilter lenient = new PerturbationConsistencyFilter(STRICT, 0, 0, true);
        assertThat(Samples.words(lenient.judge(COIN, samples(COIN, "yes", null), List.of())))
                .containsExactly("kept", "kept");
    }

    @Test
    void theVoteIsConfigurable() {
        MajorityVote plurality = new MajorityVote(new VoteRule.Plurality(), AnswerText::relaxed);
        List<VariantSamples> variants = List.of(variant(TURNS.get(0), "yes", "no", "maybe", "yes", "never"));
        assertThat(Samples.words(
                        new PerturbationConsistencyFilter(plurality).judge(COIN, samples(COIN, "yes"), variants)))
                .containsExactly("kept");
        assertThat(Samples.words(FILTER.judge(COIN, samples(COIN, "yes"), variants)))
                .containsExactly("perturbation-unanswered");
    }

    @Test
    void lettersAndTextsOfOptionsAreOneAnswer() {
        Question question = Variants.choice("q", null);
        Question variant =
                Variants.made(Perturbation.OPTION_REORDER, question, 1).get(0);
        String letter =
                Character.toString('a' + Variants.texts(variant, "choices").indexOf("sea"));
        for (String own : List.of("c", "(C)", "sea", "(c) sea", "The sea.")) {
            for (String other : List.of(letter, "(" + letter + ")", "sea", "(" + letter + ") sea")) {
                assertThat(Samples.words(
                                FILTER.judge(question, samples(question, own), List.of(variant(variant, other)))))
                        .as(own + " and " + other)
                        .containsExactly("kept");
            }
        }
        // Whoever always picks the third option is found out.
        assertThat(Samples.words(FILTER.judge(question, samples(question, "c"), List.of(variant(variant, "c")))))
                .containsExactly("perturbation-disagrees");
        assertThat(Samples.words(
                        FILTER.judge(question, samples(question, "c", "sea", "b"), List.of(variant(variant, "sea")))))
                .containsExactly("kept", "kept", "minority");
    }

    @Test
    void verdictsAreMirrored() {
        Question question = Variants.with("q", "A: x\nB: y z", null, "responses", "x", "y z");
        Question variant =
                Variants.made(Perturbation.RESPONSE_ORDER_SWAP, question, 1).get(0);
        assertThat(Samples.words(FILTER.judge(question, samples(question, "[[A]]"), List.of(variant(variant, "B")))))
                .containsExactly("kept");
        assertThat(Samples.words(FILTER.judge(question, samples(question, "A"), List.of(variant(variant, "[[A]]")))))
                .containsExactly("perturbation-disagrees");
        assertThat(Samples.words(FILTER.judge(question, samples(question, "tie"), List.of(variant(variant, "Tie")))))
                .containsExactly("kept");
        assertThat(Samples.words(FILTER.judge(question, samples(question, "A"), List.of(variant(variant, "both")))))
                .containsExactly("perturbation-unanswered");
    }

    @Test
    void namesAreMappedBack() {
        Question question = Question.ofText("q", "t", "Tom is older than Emily. Who is younger?", null);
        Question variant = Variants.made(Perturbation.NAME_SWAP, question, 1).get(0);
        List<String> names = List.copyOf(Fields.answerMap(variant).keySet());
        assertThat(Samples.words(
                        FILTER.judge(question, samples(question, "Emily"), List.of(variant(variant, names.get(1))))))
                .containsExactly("kept");
        assertThat(Samples.words(
                        FILTER.judge(question, samples(question, "Emily"), List.of(variant(variant, names.get(0))))))
                .containsExactly("perturbation-disagrees");
    }

    @Test
    void aVariantOfAnotherQuestionIsAnError() {
        assertThatThrownBy(() ->
                        FILTER.judge(Samples.QUESTION, Samples.answers("2"), List.of(variant(TURNS.get(0), "yes"))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("question f~clause-reorder-1 is a variant of question f, not of q1");
    }
}
