package dev.retort.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.data.Question;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FilterSpecTest {

    private static final String ALL =
            "output-consistency,perturbation,reference,length,format,truncated,near-duplicate,decontamination";

    @Test
    void defaults() {
        assertThat(FilterSpec.parse(ALL))
                .containsExactly(
                        new FilterSpec.OutputConsistency("strict", AnswerForm.TEXT, 0),
                        new FilterSpec.PerturbationConsistency("strict", AnswerForm.TEXT, 0, 0, false),
                        new FilterSpec.Reference(AnswerForm.TEXT),
                        new FilterSpec.Length(1, 1000),
                        new FilterSpec.Format(),
                        new FilterSpec.Truncated(),
                        new FilterSpec.NearDuplicate(8, 0.8),
                        new FilterSpec.Decontaminated(true, 8, 0.8));
        assertThat(FilterSpec.parse(ALL)).hasToString("[" + ALL.replace(",", ", ") + "]");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "output-consistency:rule=0.60:samples=5|output-consistency:rule=0.6:samples=5",
                "output-consistency(samples = 5, rule=plurality,"
                        + " answer=math)|output-consistency:rule=plurality:answer=math:samples=5",
                "output-consistency:rule=strict|output-consistency",
                "perturbation:not-perturbed=keep:variant-samples=3|perturbation:variant-samples=3:not-perturbed=keep",
                "perturbation:not-perturbed=reject:samples=2:answer=number:rule=1|"
                        + "perturbation:rule=1.0:answer=number:samples=2",
                "reference:answer=number|reference:answer=number",
                "length:1-200|length:1-200",
                "length(0-5)|length:0-5",
                "length:words=2-3|length:2-3",
                "near-duplicate(n=13,threshold=0.80)|near-duplicate:n=13",
                "near-duplicate:n=8:threshold=0.5|near-duplicate:threshold=0.5",
                "decontamination:masked=no:n=0|decontamination:masked=no:n=0",
                " truncated , format |truncated,format"
            })
    void isWrittenBack(String text, String written) {
        List<FilterSpec> specs = FilterSpec.parse(text);
        String again = String.join(",", specs.stream().map(FilterSpec::toString).toList());
        assertThat(again).isEqualTo(written);
        assertThat(FilterSpec.parse(again)).isEqualTo(specs);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "outputconsistency|no filter is named outputconsistency; did you mean output-consistency? There are"
                        + " output-consistency, perturbation, reference, length, format, truncated, near-duplicate,"
                        + " decontamination",
                "format,,truncated|a filter's name is missing; there are output-consistency, perturbation, reference,"
                        + " length, format, truncated, near-duplicate, decontamination",
                "length(1-2|no filter is named length(1-2; did you mean length? There are output-consistency,"
                        + " perturbation, reference, length, format, truncated, near-duplicate, decontamination",
                "output-consistency:ruel=strict|output-consistency has no parameter ruel; did you mean rule? It takes"
                        + " rule, answer, samples",
                "format:n=2|format has no parameter n. It takes no parameters",
                "output-consistency:strict|output-consistency: \"strict\" is no parameter such as key=value; it takes"
                        + " rule, answer, samples",
                "near-duplicate:n=2:n=3|near-duplicate: the parameter n is given twice",
                "near-duplicate:n=two|near-duplicate: n must be a whole number, not two",
                "near-duplicate:threshold=high|near-duplicate: threshold must be a number, not high",
                "near-duplicate:threshold=2|near-duplicate: near duplicates need n >= 1 and a threshold in (0, 1], not"
                        + " 8 and 2.0",
                "length:200|length: bounds are written as LEAST-MOST words such as 1-200, not 200",
                "length:3-2|length: a length filter needs 0 <= least <= most words, not 3 and 2",
                "length:1-99999999999|length: most must be a whole number, not 99999999999",
                "output-consistency:rule=most|output-consistency: rule must be strict, plurality or a fraction such as"
                        + " 0.6, not most",
                "output-consistency:rule=1.5|output-consistency: vote fraction 1.5 is not in (0, 1]",
                "output-consistency:samples=-1|output-consistency: samples must not be negative, but is -1",
                "reference:answer=txt|reference: no form of answers is named txt; did you mean text? There are text,"
                        + " number, math",
                "perturbation:not-perturbed=drop|perturbation: not-perturbed must be keep or reject, not drop",
                "decontamination:masked=true|decontamination: masked must be yes or no, not true"
            })
    void saysWhatIsWrong(String text, String message) {
        assertThatThrownBy(() -> FilterSpec.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    @Test
    void theEmptyTextNamesNoFilter() {
        assertThatThrownBy(() -> FilterSpec.parse("")).hasMessageStartingWith("a filter's name is missing");
    }

    @ParameterizedTest
    @ValueSource(strings = {"output-consistency", "reference", "length:1-9", "format", "truncated"})
    void theseNeedNothingElse(String text) {
        FilterSpec spec = FilterSpec.parse(text).get(0);
        assertThat(spec.needs()).isEmpty();
        assertThat(Samples.words(((FilterSpec.Alone) spec).create().judge(Samples.QUESTION, Samples.answers("2", "2"))))
                .containsExactly("kept", "kept");
    }

    @Test
    void parametersReachTheFilter() {
        assertThat(words("output-consistency:rule=plurality", "a", "a", "b", "c"))
                .containsExactly("kept", "kept", "minority", "minority");
        assertThat(words("output-consistency:samples=5", "a", "a")).containsOnly("no-majority");
        assertThat(words("output-consistency:answer=number", "2", "2.0", "3"))
                .containsExactly("kept", "kept", "minority");
        assertThat(words("output-consistency:rule=0.5", "a", "a", "b", "c"))
                .containsExactly("kept", "kept", "minority", "minority");
        assertThat(words("reference:answer=number", "2.0", "3")).containsExactly("kept", "wrong-answer");
        assertThat(words("length:5-5", "2")).containsExactly("too-short");
    }

    private static List<String> words(String spec, String... answers) {
        FilterSpec.Alone filter = (FilterSpec.Alone) FilterSpec.parse(spec).get(0);
        return Samples.words(filter.create().judge(Samples.QUESTION, Samples.answers(answers)));
    }

    @Test
    void othersSayWhatTheyNeed() {
        List<Question> tests = List.of(Question.ofText("x", "t", "what is 1 + 1", null));
        for (String name : List.of("near-duplicate:n=2", "decontamination")) {
            FilterSpec.AgainstQuestions spec =
                    (FilterSpec.AgainstQuestions) FilterSpec.parse(name).get(0);
            assertThat(spec.needs())
                    .isEqualTo("a file of the questions to compare with, such as the evaluation's prompts");
            assertThat(spec.create(tests).judge(Samples.QUESTION, Samples.answers("2")))
                    .noneMatch(Verdict::isKept);
        }
        FilterSpec.PerturbationConsistency spec = (FilterSpec.PerturbationConsistency)
                FilterSpec.parse("perturbation:not-perturbed=keep").get(0);
        assertThat(spec.needs()).isEqualTo("the variants of the questions, and the samples of the variants");
        assertThat(spec.create().judge(Samples.QUESTION, Samples.answers("2"), List.of()))
                .containsExactly(Verdict.kept());
    }

    @Test
    void travelsToWorkers() throws IOException, ClassNotFoundException {
        for (FilterSpec spec : FilterSpec.parse(ALL)) {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
                out.writeObject(spec);
            }
            try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
                assertThat(in.readObject()).isEqualTo(spec);
            }
        }
    }
}
