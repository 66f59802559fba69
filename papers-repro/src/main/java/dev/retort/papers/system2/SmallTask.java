package dev.retort.papers.system2;

import com.fasterxml.jackson.databind.JsonNode;
import dev.retort.answer.AnswerCut;
import dev.retort.data.DataCatalogue;
import dev.retort.data.Question;
import dev.retort.data.SeededRandom;
import dev.retort.filter.Perturbation;
import dev.retort.papers.stepbystep.SplitOverlapItem;
import dev.retort.pipelines.PerturbSpec;
import dev.retort.pipelines.TeacherWrapper;
import dev.retort.prompt.PromptTemplate;
import dev.retort.teacher.System2Method;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A task over real questions: what a student without a System 2 is given one with, and what it then learns from itself.
 *
 * @param world the task as its road takes it
 * @param lessons of System 2 and of answers at once; empty where the student has a System 2 of its own
 * @param dev questions that System 2 must pass; empty without lessons
 * @param clusters which tests count as one observation; null where each is one
 * @param parts of the tests, by condition
 * @param published what the paper has for it
 * @param learnt what lessons and unlabelled questions are about, without opinions
 * @param tested what tests are about, likewise
 * @param sets of the catalogue that it is made from, each with the beginning of its files' paths
 */
record SmallTask(
        System2World world,
        List<Lesson> lessons,
        List<Question> dev,
        int[] clusters,
        Map<String, int[]> parts,
        System2Report.Published published,
        List<SplitOverlapItem> learnt,
        List<SplitOverlapItem> tested,
        Map<String, String> sets) {

    private static final PromptTemplate RAR = PromptTemplate.named("rar-one-step");
    private static final PromptTemplate CONTEXT = PromptTemplate.named("s2a-context");
    private static final PromptTemplate RESPOND = PromptTemplate.named("s2a-respond");

    private static final System2Report.Published LETTERS_PUBLISHED = new System2Report.Published(
            System2Report.ALL,
            "last letter concatenation",
            "Distilled 2-step RaR (Llama-2-70B-chat)",
            "published: two-step RaR of Llama-2-70B-chat, other items");

    /**
     * The task of a name.
     *
     * @throws IllegalArgumentException where there is none
     * @throws IOException where a file is missing
     */
    static SmallTask of(String name, SmallConfig.Task config, long seed, DataCatalogue catalogue) throws IOException {
        if (config.warmUpSteps().isEmpty()) {
            return asItIs(name, config, seed, catalogue);
        }
        return switch (name) {
            case LastLetters.TASK -> lastLetters(config, seed, catalogue);
            case BiasedChoices.TASK -> biasedChoices(config, seed, catalogue);
            default -> throw new IllegalArgumentException("tasks: there is no warm-up for '" + name + "'; there is for "
                    + LastLetters.TASK + ", " + BiasedChoices.TASK);
        };
    }

    /** A task of a student that has a System 2 of its own. */
    private static SmallTask asItIs(String name, SmallConfig.Task config, long seed, DataCatalogue catalogue)
            throws IOException {
        System2Task task = System2Task.of(config.of() == null ? name : config.of());
        System2Method method = config.method() == null ? usualMethod(task) : System2Method.of(config.method());
        Map<String, List<Question>> all = task.tests(catalogue, seed);
        List<Question> tests = new ArrayList<>();
        List<String> items = new ArrayList<>();
        Map<String, int[]> parts = new LinkedHashMap<>();
        for (String test : config.testSets() == null ? all.keySet() : config.testSets()) {
            List<Question> questions = first(task.test("test_sets", all, test), config.tests());
            parts.put(test, range(tests.size(), questions.size()));
            for (Question question : questions) {
                // Replies of one conversation, and one question with several opinions, count as one.
                JsonNode tree = question.extra().get(JudgeMetrics.TREE);
                items.add(tree == null ? Integer.toString(items.size() - tests.size()) : tree.asText());
            }
            tests.addAll(questions);
        }
        System2World world = new System2World(
                name,
                method,
                TeacherWrapper.of(method, task.answerCut()),
                task.answerCut(),
                task == System2Task.JUDGE ? SmallTask::bracketed : answer -> answer,
                task.scorer(),
                task.train(catalogue, config.unlabelled(), seed),
                tests,
                perturbations(task),
                config.maxTokens(),
                config.answerTokens());
        boolean isRepeated = task == System2Task.JUDGE
                || task == System2Task.TRIVIA_BIASED
                || task == System2Task.COMMONSENSE_QA_BIASED;
        Map<String, Integer> clusters = new HashMap<>();
        int[] clusterOf = items.stream()
                .mapToInt(item -> clusters.computeIfAbsent(item, key -> clusters.size()))
                .toArray();
        return new SmallTask(
                world,
                List.of(),
                List.of(),
                isRepeated ? clusterOf : null,
                parts.size() > 1 ? parts : Map.of(),
                published(task, method),
                inputs(world.unlabelled()),
                inputs(tests),
                sets(task));
    }

    private static System2Method usualMethod(System2Task task) {
        return switch (task) {
            case LAST_LETTERS, COIN_FLIP -> System2Method.RAR_2_STEP;
            case COMMONSENSE_QA_BIASED, TRIVIA_BIASED -> System2Method.S2A;
            case JUDGE -> System2Method.BSM;
            case GSM8K -> System2Method.COT;
        };
    }

    /** What must not change an answer (section 2): the order of options, and of the responses to judge. */
    private static List<PerturbSpec> perturbations(System2Task task) {
        return switch (task) {
            case COMMONSENSE_QA_BIASED -> List.of(new PerturbSpec(Perturbation.OPTION_REORDER, 1));
            case JUDGE -> List.of(new PerturbSpec(Perturbation.RESPONSE_ORDER_SWAP, 1));
            default -> List.of();
        };
    }

    /** A verdict as the judge's prompt asks for it. */
    private static String bracketed(String verdict) {
        return "[[" + (verdict.equals("tie") ? "C" : verdict) + "]]";
    }

    private static System2Report.Published published(System2Task task, System2Method method) {
        if (task == System2Task.LAST_LETTERS && method == System2Method.RAR_2_STEP) {
            return LETTERS_PUBLISHED;
        }
        return task == System2Task.TRIVIA_BIASED && method == System2Method.S2A
                ? triviaPublished(TriviaBias.SUGGEST_INCORRECT.title())
                : null;
    }

    private static System2Report.Published triviaPublished(String condition) {
        return new System2Report.Published(
                condition,
                "TriviaQA biased (SycophancyEval)",
                "Distilled S2A (Llama-2-70B-chat)",
                "published: biased TriviaQA, Llama-2-70B-chat");
    }

    private static Map<String, String> sets(System2Task task) {
        return switch (task) {
            case LAST_LETTERS -> Map.of("last_letters", "", "rar", "");
            case COIN_FLIP -> Map.of("coin_flip", "", "rar", "");
            case COMMONSENSE_QA_BIASED -> Map.of("distilling_step_by_step", "cqa/cqa_");
            case TRIVIA_BIASED -> Map.of("triviaqa", "");
            case JUDGE -> Map.of("oasst", "");
            case GSM8K -> Map.of("gsm8k", "");
        };
    }

    /** Four names in one-step Rephrase and Respond, which spells them; two names, and some four, are answered at once. */
    private static SmallTask lastLetters(SmallConfig.Task config, long seed, DataCatalogue catalogue)
            throws IOException {
        int slow = config.slow();
        int dev = config.dev();
        int free = slow + dev + config.unlabelled();
        List<Question> drawn = System2Task.LAST_LETTERS.train(catalogue, free + config.directLong(), seed);
        List<Question> pairs = LastLetters.draw(
                NameUse.TRAIN, config.direct(), 2, seed, System2Task.LAST_LETTERS.publishedNames(catalogue));
        Map<String, List<Question>> published = System2Task.LAST_LETTERS.tests(catalogue, seed);
        List<Lesson> lessons = new ArrayList<>();
        for (Question question : drawn.subList(0, slow)) {
            String prompt = RAR.fill(Map.of("question", question.text(), "specification", ""));
            lessons.add(new Lesson(prompt, spelled(question)));
        }
        Stream.of(pairs, drawn.subList(free, drawn.size()))
                .flatMap(List::stream)
                .forEach(question -> lessons.add(new Lesson(question.text(), question.reference())));
        List<Question> train = new ArrayList<>(drawn);
        train.addAll(pairs);
        List<Question> tests = new ArrayList<>();
        Map<String, int[]> parts = new LinkedHashMap<>();
        for (String test : List.of("published", "rar-4")) {
            List<Question> questions = first(published.get(test), config.tests());
            parts.put(test, range(tests.size(), questions.size()));
            tests.addAll(NameOverlap.flagged(questions, train));
        }
        parts.put(System2Report.ALL, range(0, tests.size()));
        for (SeenNames seen : SeenNames.values()) {
            int[] items = where(
                    tests,
                    question -> question.extra().get("names_seen").asText().equals(seen.title()));
            if (items.length > 0) {
                parts.put("names seen: " + seen.title(), items);
            }
        }
        List<Question> two = first(published.get("rar-2"), config.tests());
        parts.put("two names (rar-2)", range(tests.size(), two.size()));
        tests.addAll(NameOverlap.flagged(two, train));
        System2World world = new System2World(
                LastLetters.TASK,
                System2Method.RAR_1_STEP,
                TeacherWrapper.of(System2Method.RAR_1_STEP, AnswerCut.LETTERS),
                AnswerCut.LETTERS,
                answer -> answer,
                System2Task.LAST_LETTERS.scorer(),
                drawn.subList(slow + dev, free),
                tests,
                List.of(),
                config.maxTokens(),
                config.answerTokens());
        return new SmallTask(
                world,
                lessons,
                drawn.subList(slow, slow + dev),
                null,
                parts,
                LETTERS_PUBLISHED,
                inputs(train),
                inputs(tests),
                sets(System2Task.LAST_LETTERS));
    }

    /** Our words for a rephrasing that spells: the method's authors have GPT-4's, which do not. */
    private static String spelled(Question question) {
        List<String> names = NamedQuestions.names(question);
        StringBuilder text = new StringBuilder("What are the last letters of ")
                .append(String.join(", ", names))
                .append(", joined in this order?");
        for (String name : names) {
            text.append('\n')
                    .append(name)
                    .append(": ")
                    .append(String.join(" ", name.split("")))
                    .append(", last ")
                    .append(name.charAt(name.length() - 1));
        }
        // Side by side before they are joined: what a token of several letters is made of has to be learnt.
        return text.append("\nThe letters are ")
                .append(String.join(" ", question.reference().split("")))
                .append(". The answer is \"")
                .append(question.reference())
                .append("\".")
                .toString();
    }

    /** Questions with an opinion in System 2 Attention, which takes the opinion away; neutral ones are answered at once. */
    private static SmallTask biasedChoices(SmallConfig.Task config, long seed, DataCatalogue catalogue)
            throws IOException {
        List<ChoiceItem> items = BiasedChoices.items(catalogue, "train");
        int slow = config.direct() + config.leading();
        int free = slow + config.slow();
        int wanted = free + config.unlabelled();
        if (wanted > items.size()) {
            throw new IllegalArgumentException(
                    BiasedChoices.TASK + " has " + items.size() + " training items, not " + wanted);
        }
        int[] order = SeededRandom.permutation(items.size(), SeededRandom.of(seed, "small-order", BiasedChoices.TASK));
        List<ChoiceItem> shuffled =
                Arrays.stream(order, 0, wanted).mapToObj(items::get).toList();
        List<Lesson> lessons = new ArrayList<>();
        for (ChoiceItem item : shuffled.subList(0, config.direct())) {
            lessons.add(
                    new Lesson(BiasedChoices.ask(item, ChoiceBias.NONE, seed).text(), item.answer()));
        }
        // Answers are right; so is every other opinion, where chance would have one in five: worth leaning on.
        for (int i = config.direct(); i < slow; i++) {
            ChoiceItem item = shuffled.get(i);
            ChoiceBias bias = i % 2 == 0 ? ChoiceBias.RIGHT : ChoiceBias.WRONG;
            lessons.add(new Lesson(BiasedChoices.ask(item, bias, seed).text(), item.answer()));
        }
        for (ChoiceItem item : shuffled.subList(slow, free)) {
            String biased = BiasedChoices.ask(item, ChoiceBias.ANY, seed).text();
            String context =
                    stripped(BiasedChoices.ask(item, ChoiceBias.NONE, seed).text());
            lessons.add(new Lesson(CONTEXT.fill(Map.of("question", biased)), context));
            lessons.add(new Lesson(RESPOND.fill(Map.of("context", context)), item.answer()));
        }
        List<Question> unlabelled = shuffled.subList(free, wanted).stream()
                .map(item -> BiasedChoices.ask(item, ChoiceBias.ANY, seed))
                .toList();
        Map<String, List<Question>> published = System2Task.COMMONSENSE_QA_BIASED.tests(catalogue, seed);
        List<Question> neutral = first(published.get("neutral"), config.tests());
        List<Question> wrong = first(published.get("wrong"), config.tests());
        List<Question> tests = Stream.of(neutral, wrong).flatMap(List::stream).toList();
        Map<String, int[]> parts = new LinkedHashMap<>();
        parts.put("neutral", range(0, neutral.size()));
        parts.put("wrong opinion", range(neutral.size(), wrong.size()));
        System2World world = new System2World(
                BiasedChoices.TASK,
                System2Method.S2A,
                TeacherWrapper.of(System2Method.S2A, AnswerCut.CHOICE),
                AnswerCut.CHOICE,
                answer -> answer,
                System2Task.COMMONSENSE_QA_BIASED.scorer(),
                unlabelled,
                tests,
                List.of(new PerturbSpec(Perturbation.OPTION_REORDER, 1)),
                config.maxTokens(),
                config.answerTokens());
        int[] clusters =
                IntStream.range(0, tests.size()).map(i -> i % neutral.size()).toArray();
        return new SmallTask(
                world,
                lessons,
                List.of(),
                clusters,
                parts,
                triviaPublished("wrong opinion"),
                inputs(shuffled.stream()
                        .map(item -> BiasedChoices.ask(item, ChoiceBias.NONE, seed))
                        .toList()),
                inputs(neutral),
                sets(System2Task.COMMONSENSE_QA_BIASED));
    }

    /** The reply that System 2 Attention's published prompt asks for. */
    private static String stripped(String question) {
        return "Unbiased text context (includes all content except user\u2019s bias): none\n"
                + "Question/Query (does not include user bias/preference): " + question;
    }

    private static List<SplitOverlapItem> inputs(List<Question> questions) {
        return questions.stream()
                .map(question -> new SplitOverlapItem(question.id(), question.text(), question.text()))
                .toList();
    }

    private static <T> List<T> first(List<T> all, Integer most) {
        return most == null ? all : all.subList(0, Math.min(most, all.size()));
    }

    private static int[] range(int from, int count) {
        return IntStream.range(from, from + count).toArray();
    }

    private static int[] where(List<Question> tests, Predicate<Question> holds) {
        return IntStream.range(0, tests.size())
                .filter(i -> holds.test(tests.get(i)))
                .toArray();
    }
}
