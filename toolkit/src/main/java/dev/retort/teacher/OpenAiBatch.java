package dev.retort.teacher;

import dev.retort.data.SamplingParams;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Asks a model for many samples through the Batch API of OpenAI, or of a server that speaks it: cheaper than one request
 * after the other, within a day instead of at once.
 *
 * <p>What is sent and what comes back lies in a state folder, so that a run that was killed at any moment is taken up by the
 * next over the same folder: nothing is sent twice and no answer is lost. Before a batch is made a second time, because the
 * reply to the first try was not seen, the server's batches are listed and the one that was made is taken. Answers stay in the
 * folder and are given again without a request; failures are asked again by the next run. The folder may be deleted when no
 * run is on its way and its answers are kept elsewhere.
 *
 * <p>Samples are the same if their {@link SampleKey} is: equal items are sent once, and with a seed the first of their
 * question ids decides the seed that is sent.
 */
public final class OpenAiBatch {

    private final Path stateFolder;
    private final BatchRun.Parts parts;
    private final Clock clock;
    private final BatchRun.Sleeper sleeper;

    /**
     * Batches of one model; nothing is sent yet.
     *
     * @param stateFolder made where there is none; one run at a time uses it
     * @throws IllegalArgumentException where OpenAI's own server is asked without a key
     */
    public OpenAiBatch(OpenAiSettings settings, Path stateFolder, BatchSettings batchSettings) {
        this(
                settings,
                stateFolder,
                batchSettings,
                Clock.systemUTC(),
                duration -> TimeUnit.NANOSECONDS.sleep(duration.toNanos()));
    }

    OpenAiBatch(
            OpenAiSettings settings,
            Path stateFolder,
            BatchSettings batchSettings,
            Clock clock,
            BatchRun.Sleeper sleeper) {
        this.stateFolder = stateFolder;
        this.clock = clock;
        this.sleeper = sleeper;
        OpenAiHttp http = new OpenAiHttp(settings, OpenAiChat.name(settings), clock);
        parts = new BatchRun.Parts(
                batchSettings,
                new OpenAiChat(settings, http),
                http,
                new BatchServer(settings, batchSettings.transferTimeout(), http),
                settings.origin());
    }

    /** Who answers: the name that {@link OpenAiTeacher} has with the same settings. */
    public String name() {
        return parts.chat().name();
    }

    /**
     * Asks for these items and waits until the listener has heard of each of them once: a sample, or why there is none.
     * Unfinished batches of earlier runs are taken up; their answers to what is not asked for now are kept for later, but not
     * waited for.
     *
     * @param params how to draw; what is null in it is left to the teacher
     * @throws IOException where the state folder cannot be used, or the listener throws it
     * @throws TeacherException where the server refuses for good; the next run goes on from there
     * @throws InterruptedException where the thread is interrupted; the next run goes on from there
     */
    public void run(List<BatchItem> items, SamplingParams params, BatchListener listener)
            throws IOException, TeacherException, InterruptedException {
        try (BatchFolder folder = BatchFolder.open(stateFolder)) {
            new BatchRun(parts, folder, clock, sleeper, items, params, listener).run();
        }
    }
}
