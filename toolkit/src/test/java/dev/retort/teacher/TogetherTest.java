package dev.retort.teacher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.data.Question;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class TogetherTest {

    private final List<List<String>> batches = new ArrayList<>();
    private final Together together = new Together(new FakeTeacher());

    /** Answers with the question's id and the index; refuses questions named "bad". */
    private final class FakeTeacher implements Teacher {
        @Override
        public String name() {
            return "fake";
        }

        @Override
        public List<TeacherSample> sample(Question question, SamplingParams params, List<Integer> indices)
                throws TeacherException {
            if (question.id().equals("bad")) {
                throw new TeacherException("bad question");
            }
            if (question.id().equals("worse")) {
                throw new IllegalStateException("broken");
            }
            return indices.stream()
                    .map(index -> new TeacherSample(
                            question.id(),
                            question.task(),
                            question.messages(),
                            index,
                            question.id() + "/" + index,
                            null,
                            null,
                            "stop",
                            "fake",
                            params,
                            null,
                            Map.of()))
                    .toList();
        }

        @Override
        public List<Reply> sampleAll(List<Ask> asks) throws InterruptedException {
            batches.add(asks.stream()
                    .map(ask -> ask.question().id() + "/" + ask.sampleIndex())
                    .toList());
            return Teacher.super.sampleAll(asks);
        }
    }

    private List<String> ask(String id, Integer... indices) throws TeacherException, InterruptedException {
        return together.sample(Question.ofText(id, "task", "?", null), SamplingParams.none(), List.of(indices)).stream()
                .map(TeacherSample::text)
                .toList();
    }

    /** Each asks so many questions in turn: what is asked together is the same on every run. */
    @Test
    void whatAllWaitForIsAskedAtOnce() throws Exception {
        for (int run = 0; run < 20; run++) {
            batches.clear();
            together.begin(3);
            ExecutorService pool = Executors.newFixedThreadPool(3);
            try {
                List<Future<List<String>>> answers = new ArrayList<>();
                for (int questions = 1; questions <= 3; questions++) {
                    int count = questions;
                    answers.add(pool.submit(() -> {
                        List<String> texts = new ArrayList<>();
                        for (int i = 0; i < count; i++) {
                            texts.addAll(ask("q" + count + "-" + i, 0, 1));
                        }
                        together.leave();
                        return texts;
                    }));
                }
                assertThat(answers.get(2).get())
                        .containsExactly("q3-0/0", "q3-0/1", "q3-1/0", "q3-1/1", "q3-2/0", "q3-2/1");
                assertThat(answers.get(0).get()).containsExactly("q1-0/0", "q1-0/1");
                assertThat(answers.get(1).get()).hasSize(4);
            } finally {
                pool.shutdownNow();
            }
            assertThat(batches)
                    .containsExactly(
                            List.of("q1-0/0", "q1-0/1", "q2-0/0", "q2-0/1", "q3-0/0", "q3-0/1"),
                            List.of("q2-1/0", "q2-1/1", "q3-1/0", "q3-1/1"),
                            List.of("q3-2/0", "q3-2/1"));
        }
    }

    @Test
    void aFailureIsThatOfItsQuestion() throws Exception {
        together.begin(1);
        assertThatThrownBy(() -> ask("bad", 0))
                .isInstanceOf(TeacherException.class)
                .hasMessage("bad question");
        assertThat(ask("good", 4)).containsExactly("good/4");
        assertThatThrownBy(() -> ask("worse", 0))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("broken");
    }
}
