package dev.retort.papers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retort.papers.system2.LastLetters;
import dev.retort.papers.system2.NameUse;
import dev.retort.pipelines.SampleJob;
import dev.retort.pipelines.SampleOutcome;
import dev.retort.pipelines.SampleRequest;
import dev.retort.pipelines.TeacherFactory;
import dev.retort.run.Interrupt;
import dev.retort.run.ProgressUpdate;
import dev.retort.teacher.TeacherSpec;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AskingProgressTest {

    @Test
    void aRecipesAskingTellsHowFarItHasCome(@TempDir Path folder) throws Exception {
        List<ProgressUpdate> first = ask(folder, 5);
        ProgressUpdate last = first.get(first.size() - 1);
        assertThat(last.label()).isEqualTo("ask letters");
        assertThat(List.of(last.done(), last.total())).containsExactly(5L, 5L);
    }

    @Test
    void answersOfAnEarlierRunSayNothingOfThePace(@TempDir Path folder) throws Exception {
        ask(folder, 4);
        List<ProgressUpdate> more = ask(folder, 5);
        ProgressUpdate last = more.get(more.size() - 1);
        assertThat(List.of(last.done(), last.total())).containsExactly(5L, 5L);
        assertThat(more).allMatch(update -> update.done() == 5);
        List<ProgressUpdate> nothingToAsk = ask(folder, 5);
        assertThat(nothingToAsk.get(nothingToAsk.size() - 1).done()).isEqualTo(5);
    }

    private static List<ProgressUpdate> ask(Path folder, int questions) throws Exception {
        List<ProgressUpdate> seen = new CopyOnWriteArrayList<>();
        try (Interrupt interrupt = Interrupt.onThread()) {
            RunOptions options =
                    ScratchFolder.options(Path.of("tiny"), folder, Set.of(), List.of(), interrupt, seen::add);
            SampleRequest request = SampleRequest.of(
                    LastLetters.draw(NameUse.TRAIN, questions, 2, 1, Set.of()),
                    folder,
                    TeacherFactory.of(TeacherSpec.parse("scripted:last-letter"), 0));
            SampleOutcome outcome = options.asking("ask letters", shown -> SampleJob.run(request.withProgress(shown)));
            assertThat(outcome.failed()).isZero();
        }
        return seen;
    }
}
