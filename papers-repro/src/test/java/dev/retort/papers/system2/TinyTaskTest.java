package dev.retort.papers.system2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.data.Question;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import dev.retort.data.TokenUsage;
import dev.retort.prompt.PromptTemplate;
import dev.retort.teacher.Teacher;
import dev.retort.teacher.TeacherException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TinyTaskTest {

    private static Stream<TinyTask> tasks() {
        return tasks(0);
    }

    private static Stream<TinyTask> slippingTasks() {
        return tasks(0.2);
    }

    private static Stream<TinyTask> tasks(double slips) {
        return Stream.of(
                new TinyLetters(12, 5, 0.5, slips),
                new TinyOpinion(75, 5, 0, slips),
                new TinyJudge(5, 0, slips),
                new TinyChain(5, 0.5, slips));
    }

    /** Knows what the lessons of a task say, and nothing else. */
    private static final class Pupil implements Teacher {
        private final Map<String, String> known = new HashMap<>();
        private final List<String> unknown = new ArrayList<>();

        @Override
        public String name() {
            return "pupil";
        }

        @Override
        public List<TeacherSample> sample(Question question, SamplingParams params, List<Integer> indices)
                throws TeacherException {
            String reply = known.get(question.text());
            if (reply == null) {
                unknown.add(question.text());
                throw new TeacherException("never learnt: " + question.text());
            }
            return List.of(new TeacherSample(
                    question.id(),
                    question.task(),
                    question.messages(),
                    indices.get(0),
                    reply,
                    null,
                    null,
                    "stop",
                    "pupil",
                    params,
                    new TokenUsage(1, 1, 1),
                    Map.of()));
        }
    }

    /** Whoever knows all lessons answers questions by the method, and at once where there is a lesson for it; a test never. */
    @ParameterizedTest
    @MethodSource("tasks")
    void theMethodLeadsFromLessonsToTheReference(TinyTask task) throws Exception {
        Pupil pupil = new Pupil();
        SplittableRandom random = new SplittableRandom(3);
        for (int i = 0; i < 200_000; i++) {
            Lesson lesson = task.lesson(random);
            // The same prompt always has the same completion: a lesson with doubt would be no lesson.
            assertThat(pupil.known.merge(lesson.prompt(), lesson.completion(), (a, b) -> b))
                    .isEqualTo(lesson.completion());
        }
        Teacher method = task.method()
                .around(pupil, task.cut())
                .withPrompts(task.prompts().toArray(new PromptTemplate[0]));
        int answered = 0;
        for (Question question : task.unlabelled(200)) {
            try {
                TeacherSample sample = method.sample(question, SamplingParams.none(), List.of(0))
                        .get(0);
                assertThat(sample.answer()).isEqualTo(question.reference());
                answered++;
            } catch (TeacherException e) {
                assertThat(e).hasMessageStartingWith("never learnt: ");
            }
            String direct = pupil.known.get(question.text());
            if (direct != null) {
                assertThat(direct).isEqualTo(task.target(question.reference()));
            }
        }
        assertThat(answered).isGreaterThan(20);
        for (Question question : task.tests(160)) {
            assertThat(pupil.known).doesNotContainKey(question.text());
            // The judge's first call is the same for all: there what counts is that no call is about this pair.
            assertThatThrownBy(() -> method.sample(question, SamplingParams.none(), List.of(0)))
                    .hasMessageStartingWith("never learnt: ");
        }
    }

    /** A slip is in a step and never in a direct answer; a prompt that holds the steps is answered as they say. */
    @ParameterizedTest
    @MethodSource("slippingTasks")
    void stepsOfSystem2Slip(TinyTask task) {
        SplittableRandom random = new SplittableRandom(3);
        Map<String, Set<String>> completions = new HashMap<>();
        for (int i = 0; i < 200_000; i++) {
            Lesson lesson = task.lesson(random);
            completions
                    .computeIfAbsent(lesson.prompt(), prompt -> new HashSet<>())
                    .add(lesson.completion());
        }
        Set<String> doubtful = new HashSet<>();
        completions.forEach((prompt, replies) -> {
            if (replies.size() > 1) {
                doubtful.add(prompt);
            }
        });
        String first = task.prompts().get(0).text();
        String step = task instanceof TinyJudge
                ? ": score "
                : first.replace("{question}", "").strip();
        assertThat(doubtful).isNotEmpty().allMatch(prompt -> prompt.contains(step));
        assertThat(doubtful).noneMatch(prompt -> prompt.endsWith("letters :") || prompt.endsWith("answer is"));
    }

    @ParameterizedTest
    @MethodSource("tasks")
    void testsShareNothingWithUnlabelledQuestions(TinyTask task) {
        List<Question> free = task.unlabelled(160);
        List<Question> tests = task.tests(160);
        Set<String> ids = new HashSet<>();
        Stream.concat(free.stream(), tests.stream())
                .forEach(question -> assertThat(ids.add(question.id())).isTrue());
        assertThat(free).hasSize(160);
        assertThat(tests).hasSize(160);
        Set<String> texts = new HashSet<>();
        free.forEach(question -> texts.add(question.text()));
        assertThat(tests).extracting(Question::text).doesNotHaveDuplicates();
        assertThat(tests).noneMatch(question -> texts.contains(question.text()));
        if (task instanceof TinyLetters || task instanceof TinyOpinion) {
            assertThat(names(tests)).isNotEmpty().doesNotContainAnyElementsOf(names(free));
        }
        // Drawn again, or more of them: the same.
        assertThat(task.tests(160)).isEqualTo(tests);
        assertThat(task.tests(170).subList(0, 160)).isEqualTo(tests);
    }

    @Test
    void anOpinionNeedsNamesEnough() {
        TinyTask task = new TinyOpinion(12, 5, 0, 0);
        assertThat(task.tests(28)).hasSize(28);
        assertThatThrownBy(() -> task.tests(29))
                .hasMessage("names: 4 names and 7 opinions about each make 28 questions of opinion, fewer than 29");
        assertThatThrownBy(() -> new TinyOpinion(241, 5, 0, 0)).hasMessage("names: opinion can have 3 to 240, not 241");
    }

    /** The made-up names are the only words of five letters and more that end in none of the languages' words. */
    private static Set<String> names(List<Question> questions) {
        Set<String> words = new HashSet<>();
        for (Question question : questions) {
            Arrays.stream(question.text().split(" "))
                    .filter(word -> word.matches("(ba|be|da|de|fa|fi|go|ju|ki|lo|lu|ma|ne|pi|po|ro|sa|tu|vo|zi)"
                            + "(dak|fen|gil|lop|mur|nas|pek|rit|sob|tuz|vam|wex)"))
                    .forEach(words::add);
        }
        return words;
    }

    @ParameterizedTest
    @MethodSource("tasks")
    void aChainHasEveryLengthAndAJudgementBothOrders(TinyTask task) {
        List<Question> tests = task.tests(64);
        if (task instanceof TinyChain) {
            assertThat(tests.stream()
                            .map(question -> question.extra().get("moves").asInt()))
                    .containsSubsequence(1, 2, 3, 4, 5, 6, 7, 8);
        }
        if (task instanceof TinyJudge) {
            for (int i = 0; i < tests.size(); i += 2) {
                assertThat(Set.of(tests.get(i).reference(), tests.get(i + 1).reference()))
                        .isEqualTo(Set.of("A", "B"));
            }
        }
    }
}
