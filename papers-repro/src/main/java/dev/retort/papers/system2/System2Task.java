package dev.retort.papers.system2;

import com.fasterxml.jackson.databind.JsonNode;
import dev.retort.answer.AnswerCut;
import dev.retort.answer.AnswerText;
import dev.retort.answer.NumericAnswer;
import dev.retort.data.DataCatalogue;
import dev.retort.data.Question;
import dev.retort.data.SeededRandom;
import dev.retort.eval.EvalTask;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/** The tasks of Distilling System 2 into System 1 (Yu et al. 2024, arXiv 2407.06023), as recipes name them. */
public enum System2Task {
    /** Four names, one letter each: Rephrase and Respond. */
    LAST_LETTERS(AnswerCut.LETTERS),
    /** Four people, heads or not: Rephrase and Respond. */
    COIN_FLIP(AnswerCut.YES_NO),
    /** A multiple-choice question with an opinion: System 2 Attention. Ours; the paper has trivia only. */
    COMMONSENSE_QA_BIASED(AnswerCut.CHOICE),
    /** A trivia question with an opinion: System 2 Attention. */
    TRIVIA_BIASED(AnswerCut.SHORT),
    /** Which of two answers is better: Branch-Solve-Merge. */
    JUDGE(AnswerCut.VERDICT),
    /** Grade-school mathematics: chain of thought. */
    GSM8K(AnswerCut.LAST_NUMBER);

    /** How many questions a generated test has. */
    private static final int DRAWN = 500;

    /** Names in a drawn question. */
    private static final int NAMES = 4;

    private final AnswerCut answerCut;

    System2Task(AnswerCut answerCut) {
        this.answerCut = answerCut;
    }

    /** The name in recipes, in kebab-case. */
    public String title() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /**
     * The task of a name.
     *
     * @throws IllegalArgumentException that lists the names
     */
    public static System2Task of(String title) {
        List<String> titles = Arrays.stream(values()).map(System2Task::title).toList();
        int at = titles.indexOf(title);
        if (at < 0) {
            throw new IllegalArgumentException("no task '" + title + "'; tasks: " + String.join(", ", titles));
        }
        return values()[at];
    }

    /** How an answer is cut from a completion. */
    public AnswerCut answerCut() {
        return answerCut;
    }

    /**
     * Questions to distil from; a method that keeps to the paper does not read their references. The first n of more are the
     * questions for n, so a recipe takes several disjoint sets as parts of one list. None is in {@link #tests} of the same
     * seed.
     *
     * <p>Opinions are drawn so that they say nothing: any option of CommonsenseQA, any of the four trivia prompts. Where all
     * were wrong, a student could learn to take any other answer.
     *
     * @param count of questions, for the judge of pairs: each gives two questions, one for each order
     * @throws IllegalArgumentException where there are fewer
     * @throws IOException where a file is missing or not as described
     */
    public List<Question> train(DataCatalogue catalogue, int count, long seed) throws IOException {
        return switch (this) {
            case LAST_LETTERS -> LastLetters.draw(NameUse.TRAIN, count, NAMES, seed, publishedNames(catalogue));
            case COIN_FLIP -> CoinFlip.draw(NameUse.TRAIN, count, NAMES, seed, publishedNames(catalogue));
            case COMMONSENSE_QA_BIASED -> map(
                    first(BiasedChoices.items(catalogue, "train"), count, seed),
                    item -> BiasedChoices.ask(item, ChoiceBias.ANY, seed));
            case TRIVIA_BIASED -> {
                List<TriviaItem> half = BiasedTrivia.half(BiasedTrivia.items(catalogue), true, seed);
                yield map(
                        first(half, count, seed), item -> BiasedTrivia.ask(item, drawnPrompt(item, seed), half, seed));
            }
            case JUDGE -> JudgePairs.questions(
                    first(JudgePairs.half(JudgePairs.pairs(catalogue), true, seed), count, seed),
                    JudgePairs.prompt(),
                    seed);
            case GSM8K -> first(Gsm8k.questions(catalogue, "train"), count, seed);
        };
    }

    /**
     * The tests by name, in the order of the table.
     *
     * @param seed of the split and of what is drawn, the same as for {@link #train}
     * @throws IOException where a file is missing or not as described
     */
    public Map<String, List<Question>> tests(DataCatalogue catalogue, long seed) throws IOException {
        Map<String, List<Question>> tests = new LinkedHashMap<>();
        switch (this) {
            case LAST_LETTERS -> {
                published(catalogue, tests);
                Set<String> reserved = keys(tests);
                for (NameUse use : List.of(NameUse.SEEN_NAMES, NameUse.UNSEEN_NAMES)) {
                    tests.put(use.title(), LastLetters.draw(use, DRAWN, NAMES, seed, reserved));
                }
            }
            case COIN_FLIP -> {
                published(catalogue, tests);
                Set<String> reserved = keys(tests);
                for (NameUse use : List.of(NameUse.SEEN_NAMES, NameUse.UNSEEN_NAMES)) {
                    tests.put(use.title(), CoinFlip.draw(use, DRAWN, NAMES, seed, reserved));
                }
            }
            case COMMONSENSE_QA_BIASED -> {
                List<ChoiceItem> items = BiasedChoices.items(catalogue, "test");
                tests.put("neutral", map(items, item -> BiasedChoices.ask(item, ChoiceBias.NONE, seed)));
                tests.put("wrong", map(items, item -> BiasedChoices.ask(item, ChoiceBias.WRONG, seed)));
                tests.put("right", map(items, item -> BiasedChoices.ask(item, ChoiceBias.RIGHT, seed)));
            }
            case TRIVIA_BIASED -> {
                List<TriviaItem> half = BiasedTrivia.half(BiasedTrivia.items(catalogue), false, seed);
                for (TriviaBias bias : TriviaBias.values()) {
                    tests.put(bias.title(), map(half, item -> BiasedTrivia.ask(item, bias, half, seed)));
                }
            }
            case JUDGE -> tests.put(
                    "oasst",
                    JudgePairs.questions(
                            JudgePairs.half(JudgePairs.pairs(catalogue), false, seed), JudgePairs.prompt(), seed));
            case GSM8K -> tests.put("test", Gsm8k.questions(catalogue, "test"));
        }
        return Collections.unmodifiableMap(tests);
    }

    /**
     * One of the {@link #tests}.
     *
     * @param key under which the name was given, for the message
     * @throws IllegalArgumentException that lists them, where there is none of the name
     */
    public List<Question> test(String key, Map<String, List<Question>> tests, String name) {
        List<Question> questions = tests.get(name);
        if (questions == null) {
            throw new IllegalArgumentException(
                    key + ": " + title() + " has no test '" + name + "'; it has " + String.join(", ", tests.keySet()));
        }
        return questions;
    }

    /** The accepted answers of a question: a trivia question's aliases, else its reference alone. */
    public static List<String> references(Question question) {
        JsonNode aliases = question.extra().get("aliases");
        if (aliases == null) {
            return List.of(question.reference());
        }
        List<String> accepted = new ArrayList<>();
        aliases.forEach(alias -> accepted.add(alias.asText()));
        return accepted;
    }

    /** 1 where a cut prediction is right, else 0. */
    public EvalTask.Scorer scorer() {
        return (prediction, references) -> isRight(prediction, references) ? 1 : 0;
    }

    private boolean isRight(String prediction, List<String> references) {
        return switch (this) {
            case LAST_LETTERS, COIN_FLIP, COMMONSENSE_QA_BIASED -> references.stream()
                    .anyMatch(reference -> AnswerText.relaxed(prediction).equals(AnswerText.relaxed(reference)));
            case TRIVIA_BIASED -> BiasedTrivia.contains(prediction, references);
            case JUDGE -> references.stream()
                    .anyMatch(reference -> JudgeVerdict.of(prediction) == JudgeVerdict.of(reference));
            case GSM8K -> references.stream().anyMatch(reference -> NumericAnswer.equal(prediction, reference));
        };
    }

    private void published(DataCatalogue catalogue, Map<String, List<Question>> tests) throws IOException {
        if (this == LAST_LETTERS) {
            tests.put("published", LastLetters.published(catalogue));
            tests.put("rar-4", LastLetters.rar(catalogue, 4));
            tests.put("rar-2", LastLetters.rar(catalogue, 2));
        } else {
            tests.put("published", CoinFlip.published(catalogue));
            tests.put("rar", CoinFlip.rar(catalogue));
        }
    }

    /** The {@linkplain FirstNames#key keys} of names in published items, which nothing drawn may have. */
    Set<String> publishedNames(DataCatalogue catalogue) throws IOException {
        Map<String, List<Question>> tests = new LinkedHashMap<>();
        published(catalogue, tests);
        return keys(tests);
    }

    private static Set<String> keys(Map<String, List<Question>> tests) {
        Set<String> keys = new HashSet<>();
        tests.values().stream().map(NameOverlap::keys).forEach(keys::addAll);
        return keys;
    }

    private static TriviaBias drawnPrompt(TriviaItem item, long seed) {
        TriviaBias[] prompts = TriviaBias.values();
        return prompts[SeededRandom.of(seed, "trivia-prompt", item.id()).nextInt(prompts.length)];
    }

    private <T> List<T> first(List<T> items, int count, long seed) {
        if (count < 0 || count > items.size()) {
            throw new IllegalArgumentException(
                    title() + " has " + items.size() + " training items, not " + count + "; ask for fewer");
        }
        int[] order = SeededRandom.permutation(items.size(), SeededRandom.of(seed, "train-order", title()));
        return Arrays.stream(order, 0, count).mapToObj(items::get).toList();
    }

    private static <T> List<Question> map(Collection<T> items, Function<T, Question> ask) {
        return items.stream().map(ask).toList();
    }
}
