package dev.retort.papers.system2;

import com.fasterxml.jackson.databind.JsonNode;
import dev.retort.data.Question;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How a judge does who was asked in both orders: counts, and shares made of them. A share of nothing is NaN.
 *
 * @param pairs asked about
 * @param trees they come from
 * @param readable pairs with a verdict in both orders
 * @param consistent of these, those with the same verdict in both orders, ties included
 * @param ties consistent pairs judged as good as each other; people's ranks have no ties, so they never agree
 * @param agreeing consistent pairs whose verdict is people's
 * @param agreeingVerdicts of the two verdicts a pair, those that are people's
 * @param decidedVerdicts of the two verdicts a pair, those for one of the answers
 * @param firstShown of these, those for the answer that was shown first
 */
public record JudgeMetrics(
        int pairs,
        int trees,
        int readable,
        int consistent,
        int ties,
        int agreeing,
        int agreeingVerdicts,
        int decidedVerdicts,
        int firstShown) {

    static final String PAIR = "pair";
    static final String TREE = "tree";
    static final String ORDER = "order";
    static final String FIRST = "first";
    static final String SECOND = "second";

    /** The counts over rows. */
    public static JudgeMetrics of(List<JudgeRow> rows) {
        return new JudgeMetrics(
                rows.size(),
                (int) rows.stream().map(JudgeRow::tree).distinct().count(),
                (int) rows.stream().filter(JudgeRow::readable).count(),
                (int) rows.stream().filter(JudgeRow::consistent).count(),
                (int) rows.stream().filter(JudgeRow::tie).count(),
                (int) rows.stream().filter(JudgeRow::agrees).count(),
                rows.stream().mapToInt(JudgeRow::agreeingVerdicts).sum(),
                rows.stream().mapToInt(JudgeRow::decidedVerdicts).sum(),
                rows.stream().mapToInt(JudgeRow::firstShown).sum());
    }

    /** The counts of every tree by itself, in the order of the rows. */
    public static Map<String, JudgeMetrics> byTree(List<JudgeRow> rows) {
        Map<String, List<JudgeRow>> trees = new LinkedHashMap<>();
        rows.forEach(row ->
                trees.computeIfAbsent(row.tree(), tree -> new ArrayList<>()).add(row));
        Map<String, JudgeMetrics> metrics = new LinkedHashMap<>();
        trees.forEach((tree, members) -> metrics.put(tree, of(members)));
        return metrics;
    }

    /** The number of every row's tree, counted from 0 as they come: the clusters of an interval. */
    public static int[] clusters(List<JudgeRow> rows) {
        Map<String, Integer> numbers = new LinkedHashMap<>();
        return rows.stream()
                .mapToInt(row -> {
                    numbers.putIfAbsent(row.tree(), numbers.size());
                    return numbers.get(row.tree());
                })
                .toArray();
    }

    /**
     * A row for every pair, in the order of the questions.
     *
     * @param questions both orders of every pair, as {@link JudgePairs#questions} makes them
     * @param verdicts by question id, as {@link JudgeVerdict#of} reads them
     * @throws IllegalArgumentException where a pair lacks an order or a question its verdict
     */
    public static List<JudgeRow> rows(List<Question> questions, Map<String, String> verdicts) {
        Map<String, Map<String, Question>> pairs = new LinkedHashMap<>();
        for (Question question : questions) {
            if (!verdicts.containsKey(question.id())) {
                throw new IllegalArgumentException("question " + question.id()
                        + " has no verdict; evaluate all questions, and put \"\" where none can be read");
            }
            Map<String, Question> orders = pairs.computeIfAbsent(field(question, PAIR), pair -> new LinkedHashMap<>());
            orders.put(field(question, ORDER), question);
        }
        List<JudgeRow> rows = new ArrayList<>();
        pairs.forEach((pair, orders) -> {
            Question first = orders.get(FIRST);
            Question second = orders.get(SECOND);
            if (first == null || second == null) {
                throw new IllegalArgumentException(
                        "pair " + pair + " lacks one of its orders; ask both, or drop the pair");
            }
            rows.add(new JudgeRow(
                    pair,
                    field(first, TREE),
                    JudgeVerdict.of(verdicts.get(first.id())),
                    JudgeVerdict.of(verdicts.get(second.id())),
                    JudgeVerdict.of(first.reference())));
        });
        return List.copyOf(rows);
    }

    private static String field(Question question, String name) {
        JsonNode value = question.extra().get(name);
        if (value == null || !value.isTextual()) {
            throw new IllegalArgumentException("question " + question.id() + " has no text field " + name);
        }
        return value.textValue();
    }

    /** Of all pairs, those that agree with people: inconsistent and unreadable pairs, and ties, count as wrong. */
    public double agreement() {
        return share(agreeing, pairs);
    }

    /** Of the consistent pairs, those that agree with people; ties count as wrong. */
    public double agreementOfConsistent() {
        return share(agreeing, consistent);
    }

    /** Of the consistent pairs that are not ties, those that agree with people. */
    public double agreementOfDecided() {
        return share(agreeing, consistent - ties);
    }

    /** Of all verdicts in either order, those that agree with people: the judge that is asked once. */
    public double agreementOfVerdicts() {
        return share(agreeingVerdicts, 2 * pairs);
    }

    /** Of all pairs, those with the same verdict in both orders; an unreadable one makes its pair inconsistent. */
    public double positionConsistency() {
        return share(consistent, pairs);
    }

    /** Of the verdicts for one of the answers, those for the one shown first; one half is no bias. */
    public double firstShare() {
        return share(firstShown, decidedVerdicts);
    }

    private static double share(int part, int whole) {
        return whole == 0 ? Double.NaN : part / (double) whole;
    }
}
