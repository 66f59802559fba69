package dev.retort.papers.system2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.data.Message;
import dev.retort.data.Question;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import dev.retort.papers.RunOptions;
import dev.retort.papers.ScratchFolder;
import dev.retort.pipelines.SampleJob;
import dev.retort.pipelines.SampleRequest;
import dev.retort.run.Interrupt;
import dev.retort.teacher.Teacher;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class System2RoadTest {

    @Test
    void theAnswerOfMostCountsAndOfSeveralTheFirstGiven() {
        assertThat(System2Road.mostGiven(List.of("a", "b", "B", "c"))).isEqualTo("b");
        assertThat(System2Road.mostGiven(List.of("c", "a", "b", "b", "a"))).isEqualTo("a");
        assertThat(System2Road.mostGiven(Arrays.asList(null, "", "d"))).isEqualTo("d");
        assertThat(System2Road.mostGiven(Arrays.asList(null, " "))).isEmpty();
        assertThat(System2Road.mostGiven(List.of())).isEmpty();
    }

    private static Interrupt interrupt;

    /** Asks for an end when it is asked, and does not answer. */
    private static final class Stopper implements Teacher {

        @Override
        public String name() {
            return "stopper";
        }

        @Override
        public List<TeacherSample> sample(Question question, SamplingParams params, List<Integer> sampleIndices)
                throws InterruptedException {
            interrupt.request();
            new CountDownLatch(1).await();
            throw new IllegalStateException("nobody opens it");
        }

        @Override
        public void close() {}
    }

    @Test
    @Timeout(60)
    void aRequestToStopEndsTheAsking(@TempDir Path folder) {
        List<Question> questions = List.of(new Question("1", "t", List.of(Message.user("?")), "a", Map.of()));
        SampleRequest request = SampleRequest.of(questions, folder, Stopper::new);
        try (Interrupt stopper = Interrupt.onThread()) {
            interrupt = stopper;
            RunOptions options =
                    ScratchFolder.options(Path.of("tiny"), folder, Set.of(), List.of(), stopper, update -> {});
            assertThatThrownBy(() -> System2Road.evaluation(
                            "t", request, options, "t", questions, null, (sample, question) -> sample.answer()))
                    .isInstanceOf(InterruptedException.class);
            assertThat(stopper.requested()).isTrue();
        }
        assertThat(Thread.interrupted()).isFalse();
        assertThat(folder.resolve(SampleJob.SAMPLES)).doesNotExist();
    }
}
