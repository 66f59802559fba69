package dev.retort.filter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retort.data.Question;
import dev.retort.data.SeededRandom;
import dev.retort.data.TeacherSample;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** No filter but the one that is named after it reads the reference: another reference, the same verdicts. */
class UnsupervisedTest {

    private static final String SPECS = "truncated,format,length:1-3,output-consistency:rule=plurality,perturbation,"
            + "near-duplicate(n=2),decontamination(n=2)";

    private static List<Question> originals() {
        return List.of(
                Variants.choice("c", "a"),
                Variants.choice("d", "shelf"),
                Variants.coin("f", "Ada flips the coin.", "Bo does not flip the coin.", "Cy flips the coin."),
                Question.ofText("n", "t", "Tom is older than Emily. Who is younger?", "Emily"),
                Variants.with("j", "A: x\nB: y z", "A", "responses", "x", "y z"),
                Samples.QUESTION);
    }

    private static Question withReference(Question question, String reference) {
        return new Question(question.id(), question.task(), question.messages(), reference, question.extra());
    }

    private static List<String> outcome(UnaryOperator<String> reference, long seed) {
        List<Question> originals = originals().stream()
                .map(question -> withReference(question, reference.apply(question.reference())))
                .toList();
        List<Question> variants = PerturbedQuestions.of(originals, EnumSet.allOf(Perturbation.class), 2, 3)
                .variants();
        List<Question> questions = new ArrayList<>(originals);
        questions.addAll(variants);
        List<TeacherSample> samples = new ArrayList<>();
        for (Question question : questions) {
            for (int i = 0; i < 3; i++) {
                SplittableRandom random = SeededRandom.of(seed, "test", question.id(), i);
                List<String> answers = question.id().startsWith("f")
                        ? List.of("yes", "no")
                        : List.of("a", "b", "shelf", "Emily", "tie");
                samples.add(Variants.sample(question, i, answers.get(random.nextInt(answers.size()))));
            }
        }
        PerturbationGroups groups = PerturbationGroups.of(questions, samples);
        List<String> outcomes = new ArrayList<>();
        variants.forEach(variant -> outcomes.add(variant.id() + variant.messages()));
        for (FilterSpec spec : FilterSpec.parse(SPECS)) {
            SampleFilter filter;
            if (spec instanceof FilterSpec.Alone alone) {
                filter = alone.create();
            } else if (spec instanceof FilterSpec.AgainstQuestions against) {
                filter = against.create(List.of(withReference(Samples.QUESTION, reference.apply("2"))));
            } else {
                filter = groups.filter(((FilterSpec.PerturbationConsistency) spec).create());
            }
            FilterReport report = groups.report(List.of(filter));
            report.kept().forEach(sample -> outcomes.add(spec + " kept " + sample.id() + " " + sample.sampleIndex()));
            report.rejected()
                    .forEach(sample -> outcomes.add(
                            spec + " rejected " + sample.id() + " " + sample.sampleIndex() + sample.extra()));
        }
        return outcomes;
    }

    @Test
    void anotherReferenceGivesTheSameVerdicts() {
        int kept = 0;
        for (long seed = 0; seed < 8; seed++) {
            List<String> asIs = outcome(reference -> reference, seed);
            assertThat(outcome(reference -> null, seed)).isEqualTo(asIs);
            assertThat(outcome(reference -> "b", seed)).isEqualTo(asIs);
            assertThat(outcome(reference -> "Tom, Walter and (c) moon", seed)).isEqualTo(asIs);
            kept += (int) asIs.stream()
                    .filter(line -> line.startsWith("perturbation kept"))
                    .count();
        }
        assertThat(kept).isPositive();
    }
}
