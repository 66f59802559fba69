package dev.retort.papers.system2;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.retort.data.Question;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * What the questions of a test share with those of a training set: names compared by word, case aside.
 *
 * @param test its name
 * @param items questions of the test
 * @param sameTuple of these, those whose names are a training question's in the same order
 * @param sameGroup those whose names are a training question's in any order
 * @param allSeen those with only names that occur in training
 * @param someSeen those with names of both kinds
 * @param noneSeen those with only names that do not occur in training
 */
public record NameOverlap(
        String test, int items, int sameTuple, int sameGroup, int allSeen, int someSeen, int noneSeen) {

    /** Counts over the questions of a test; every question carries its names. */
    public static NameOverlap of(String test, List<Question> questions, List<Question> train) {
        Set<List<String>> tuples = new HashSet<>();
        train.forEach(question -> tuples.add(words(question)));
        Set<String> groups = keys(train);
        Set<String> names = names(train);
        int sameTuple = 0;
        int sameGroup = 0;
        Map<SeenNames, Integer> seen = new EnumMap<>(SeenNames.class);
        for (Question question : questions) {
            sameTuple += tuples.contains(words(question)) ? 1 : 0;
            sameGroup += groups.contains(FirstNames.key(words(question))) ? 1 : 0;
            seen.merge(seen(question, names), 1, Integer::sum);
        }
        return new NameOverlap(
                test,
                questions.size(),
                sameTuple,
                sameGroup,
                seen.getOrDefault(SeenNames.ALL, 0),
                seen.getOrDefault(SeenNames.SOME, 0),
                seen.getOrDefault(SeenNames.NONE, 0));
    }

    /** The overlap of every test with the same training questions, in the tests' order. */
    public static List<NameOverlap> of(Map<String, List<Question>> tests, List<Question> train) {
        List<NameOverlap> overlaps = new ArrayList<>();
        tests.forEach((test, questions) -> overlaps.add(of(test, questions, train)));
        return overlaps;
    }

    /**
     * Checks that no test question has the names of a training question, in whatever order.
     *
     * @throws IllegalArgumentException that names the first test that has
     */
    public static void requireNone(Map<String, List<Question>> tests, List<Question> train) {
        for (NameOverlap overlap : of(tests, train)) {
            if (overlap.sameGroup() > 0) {
                throw new IllegalArgumentException("test " + overlap.test() + " shares the names of "
                        + overlap.sameGroup() + " of its " + overlap.items() + " questions with the training"
                        + " questions; draw these with the test's keys reserved");
            }
        }
    }

    /** The questions with the extra field names_seen: all, some or none of their names occur in training. */
    public static List<Question> flagged(List<Question> questions, List<Question> train) {
        Set<String> names = names(train);
        List<Question> flagged = new ArrayList<>();
        for (Question question : questions) {
            Map<String, JsonNode> extra = new LinkedHashMap<>(question.extra());
            extra.put("names_seen", TextNode.valueOf(seen(question, names).title()));
            flagged.add(new Question(question.id(), question.task(), question.messages(), question.reference(), extra));
        }
        return flagged;
    }

    /** The {@linkplain FirstNames#key keys} of questions' names: what a draw of others must not use again. */
    public static Set<String> keys(Collection<Question> questions) {
        Set<String> keys = new LinkedHashSet<>();
        questions.forEach(question -> keys.add(FirstNames.key(words(question))));
        return keys;
    }

    private static Set<String> names(List<Question> questions) {
        Set<String> names = new HashSet<>();
        questions.forEach(question -> names.addAll(words(question)));
        return names;
    }

    private static SeenNames seen(Question question, Set<String> names) {
        List<String> words = words(question);
        long seen = words.stream().filter(names::contains).count();
        return seen == words.size() ? SeenNames.ALL : seen == 0 ? SeenNames.NONE : SeenNames.SOME;
    }

    /** A name of two words counts as two, as it does in last letters. */
    private static List<String> words(Question question) {
        List<String> words = new ArrayList<>();
        for (String name : NamedQuestions.names(question)) {
            words.addAll(List.of(name.strip().toLowerCase(Locale.ROOT).split("\\s+")));
        }
        return words;
    }
}
