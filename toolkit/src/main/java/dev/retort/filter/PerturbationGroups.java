package dev.retort.filter;

import dev.retort.data.Question;
import dev.retort.data.TeacherSample;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Questions, their variants and all samples, joined by the variants' field {@link Perturbation#PERTURBED_FROM}, so that
 * {@link PerturbationConsistencyFilter} can stand among the filters of a {@link FilterReport}.
 */
public final class PerturbationGroups {

    private final List<Question> questions;
    private final List<TeacherSample> samples;
    private final Map<String, List<VariantSamples>> variantsOf = new LinkedHashMap<>();
    private final int originals;

    private PerturbationGroups(List<Question> questions, List<TeacherSample> samples) {
        this.questions = List.copyOf(questions);
        this.samples = List.copyOf(samples);
        Map<String, List<TeacherSample>> samplesOf = new LinkedHashMap<>();
        for (TeacherSample sample : samples) {
            samplesOf.computeIfAbsent(sample.id(), key -> new ArrayList<>()).add(sample);
        }
        Map<String, Question> byId = new LinkedHashMap<>();
        questions.stream()
                .filter(question -> !Perturbation.isVariant(question))
                .forEach(question -> byId.put(question.id(), question));
        for (Question question : questions) {
            if (Perturbation.isVariant(question)) {
                String original = Perturbation.originalId(question);
                if (!byId.containsKey(original)) {
                    throw new IllegalArgumentException("question " + question.id() + " is a variant of question "
                            + original + ", which is not among the questions");
                }
                List<TeacherSample> own = new ArrayList<>(samplesOf.getOrDefault(question.id(), List.of()));
                own.sort(Comparator.comparingInt(TeacherSample::sampleIndex));
                variantsOf.computeIfAbsent(original, key -> new ArrayList<>()).add(new VariantSamples(question, own));
            }
        }
        this.originals = byId.size();
    }

    /**
     * Joins questions with their variants and samples.
     *
     * @param questions originals and variants, in any order; a variant without samples counts as unanswered
     * @param samples of all of them
     * @throws IllegalArgumentException where a variant's original is not among the questions
     */
    public static PerturbationGroups of(List<Question> questions, List<TeacherSample> samples) {
        return new PerturbationGroups(questions, samples);
    }

    /**
     * What one filter makes of the samples, see {@link #report}.
     *
     * @param questions originals and variants
     * @param samples of all of them
     */
    public static FilterReport over(
            List<Question> questions, List<TeacherSample> samples, PerturbationConsistencyFilter filter) {
        PerturbationGroups groups = of(questions, samples);
        return groups.report(List.of(groups.filter(filter)));
    }

    /** The variants of a question in the order they were given, none for a question that has none. */
    public List<VariantSamples> variantsOf(String id) {
        return Collections.unmodifiableList(variantsOf.getOrDefault(id, List.of()));
    }

    /** The filter bound to these variants; it judges the originals among these questions and rejects variants. */
    public SampleFilter filter(PerturbationConsistencyFilter filter) {
        SampleFilter originalsOnly = (question, own) -> filter.judge(question, own, variantsOf(question.id()));
        VariantFilter variants = new VariantFilter();
        return (question, own) -> (Perturbation.isVariant(question) ? variants : originalsOnly).judge(question, own);
    }

    /**
     * Lets filters judge all samples; those of variants are rejected as {@code variant} before anything else. Variants do
     * not count among the report's questions.
     *
     * @throws IllegalArgumentException where a sample belongs to none of the questions
     */
    public FilterReport report(List<? extends SampleFilter> filters) {
        List<SampleFilter> all = new ArrayList<>();
        all.add(new VariantFilter());
        all.addAll(filters);
        FilterReport report = FilterReport.of(questions, samples, all);
        return new FilterReport(report.kept(), report.rejected(), report.reasons(), originals, report.questionsKept());
    }
}
