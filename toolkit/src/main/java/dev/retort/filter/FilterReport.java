package dev.retort.filter;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.retort.data.Question;
import dev.retort.data.TeacherSample;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What filters made of a set of samples.
 *
 * @param kept the samples that no filter rejected, in the order they were given
 * @param rejected the others, each with why in the further field {@link #REASON}
 * @param reasons rejected samples by reason, sorted by reason
 * @param questions questions that were given, those without samples included
 * @param questionsKept questions of which at least one sample was kept
 */
public record FilterReport(
        List<TeacherSample> kept,
        List<TeacherSample> rejected,
        Map<String, Integer> reasons,
        int questions,
        int questionsKept) {

    /** The field that holds a rejected sample's reason. */
    public static final String REASON = "reason";

    public FilterReport {
        kept = List.copyOf(kept);
        rejected = List.copyOf(rejected);
        reasons = Collections.unmodifiableMap(new TreeMap<>(reasons));
    }

    /**
     * Lets filters judge the samples of each question, see {@link SampleFilter#all}.
     *
     * @throws IllegalArgumentException where a sample belongs to none of the questions
     */
    public static FilterReport of(
            List<Question> questions, List<TeacherSample> samples, List<? extends SampleFilter> filters) {
        Map<String, Question> byId = new LinkedHashMap<>();
        questions.forEach(question -> byId.put(question.id(), question));
        Map<String, List<Integer>> placesOfQuestion = new LinkedHashMap<>();
        for (int i = 0; i < samples.size(); i++) {
            TeacherSample sample = samples.get(i);
            if (!byId.containsKey(sample.id())) {
                throw new IllegalArgumentException("sample " + sample.sampleIndex() + " belongs to question "
                        + sample.id() + ", which is not among the questions");
            }
            placesOfQuestion
                    .computeIfAbsent(sample.id(), key -> new ArrayList<>())
                    .add(i);
        }
        SampleFilter filter = SampleFilter.all(List.copyOf(filters));
        Verdict[] verdicts = new Verdict[samples.size()];
        placesOfQuestion.forEach((id, places) -> {
            places.sort(Comparator.comparingInt(place -> samples.get(place).sampleIndex()));
            List<Verdict> judged =
                    filter.judge(byId.get(id), places.stream().map(samples::get).toList());
            for (int i = 0; i < places.size(); i++) {
                verdicts[places.get(i)] = judged.get(i);
            }
        });
        List<TeacherSample> kept = new ArrayList<>();
        List<TeacherSample> rejected = new ArrayList<>();
        Map<String, Integer> reasons = new TreeMap<>();
        Set<String> questionsKept = new LinkedHashSet<>();
        for (int i = 0; i < samples.size(); i++) {
            TeacherSample sample = samples.get(i);
            if (verdicts[i] instanceof Verdict.Rejected verdict) {
                rejected.add(withReason(sample, verdict.reason()));
                reasons.merge(verdict.reason(), 1, Integer::sum);
            } else {
                kept.add(sample);
                questionsKept.add(sample.id());
            }
        }
        return new FilterReport(kept, rejected, reasons, byId.size(), questionsKept.size());
    }

    /** The sample with a reason among its further fields, as the rows of rejected.jsonl have it. */
    public static TeacherSample withReason(TeacherSample sample, String reason) {
        Map<String, JsonNode> extra = new LinkedHashMap<>(sample.extra());
        extra.put(REASON, TextNode.valueOf(reason));
        return sample.withExtra(extra);
    }

    /** One line for a log: what was kept, and why the rest was not. */
    public String summary() {
        String why = reasons.entrySet().stream()
                .map(entry -> entry.getKey() + " " + entry.getValue())
                .collect(Collectors.joining(", "));
        return "kept " + kept.size() + " of " + (kept.size() + rejected.size()) + " samples, of " + questionsKept
                + " of " + questions + " questions" + (why.isEmpty() ? "" : "; rejected: " + why);
    }
}
