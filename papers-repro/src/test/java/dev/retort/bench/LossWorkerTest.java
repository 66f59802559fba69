package dev.retort.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.data.Rows;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** On 6 tokens of 1,000 ids, 8 wide; the numbers are what benchmarks/peers/loss.py --mode autograd computes of the same work. */
@Timeout(180)
class LossWorkerTest {

    /** The six tokens' divergences. */
    static final float[] FORWARD_KL = {0.4240052f, 0.63040555f, 0.37184218f, 0.45797557f, 0.6359645f, 0.60595745f};

    static final float[] REVERSE_KL = {0.42862839f, 0.43300948f, 0.4220312f, 0.50949335f, 0.67145926f, 0.7094949f};
    static final float[] JSD = {0.09866172f, 0.11669638f, 0.09049871f, 0.10892119f, 0.14338243f, 0.14471328f};

    @TempDir
    private Path folder;

    private Path results;

    private Worker start(double beta, String mode) throws IOException {
        ObjectNode work = Rows.mapper().createObjectNode();
        work.put("threads", 1).put("tokens", 6).put("vocabulary", 1000).put("width", 8);
        work.put("head_bound", 3.25).put("teacher_apart", 0.25);
        work.put("temperature", 1.0).put("beta", beta);
        Path file = Files.writeString(folder.resolve("work.json"), work.toString());
        results = folder.resolve("results-" + beta + ".safetensors");
        Side side = new Side("retort", "", OurJvm.command(LossWorker.class, file.toString(), mode, results.toString()));
        return new Worker(side, folder.resolve("worker.log"));
    }

    /**
     * Compares with TRL.
     *
     * @param hiddenGradient the first of the first token
     * @param headGradient the first of the row of id 997
     */
    private void check(double beta, float[] values, float[] hiddenGradient, float[] headGradient) throws IOException {
        try (Worker worker = start(beta, "loss")) {
            ObjectNode first = worker.go();
            assertThat(first.fieldNames()).toIterable().containsExactly("growth_mb", "seconds");
            assertThat(first.get("growth_mb").intValue()).isNotNegative();
        }
        assertThat(LossBench.read(results, "values")).containsExactly(values, within(3e-6f));
        float[] ofHidden = LossBench.read(results, "hidden_gradient");
        assertThat(ofHidden).hasSize(48);
        assertThat(Arrays.copyOf(ofHidden, 4)).containsExactly(hiddenGradient, within(1e-6f));
        float[] ofHead = LossBench.read(results, "head_gradient");
        assertThat(ofHead).hasSize(16);
        assertThat(Arrays.copyOfRange(ofHead, 8, 12)).containsExactly(headGradient, within(1e-8f));
    }

    @Test
    void forwardKl() throws IOException {
        check(0, FORWARD_KL, new float[] {0.04603914f, -0.035229705f, -0.077476144f, -0.05848059f}, new float[] {
            4.328271e-05f, 0.0002907231f, 0.00015384862f, 0.00018629518f
        });
    }

    @Test
    void reverseKl() throws IOException {
        check(1, REVERSE_KL, new float[] {0.0051273406f, -0.061164893f, -0.056248337f, -0.052092824f}, new float[] {
            7.82186e-05f, 0.00052211765f, 0.00027380695f, 0.00033063185f
        });
    }

    @Test
    void jensenShannon() throws IOException {
        check(0.5, JSD, new float[] {0.008914829f, -0.007545121f, -0.015188503f, -0.012752883f}, new float[] {
            1.2029613e-05f, 8.053004e-05f, 4.240196e-05f, 5.1280553e-05f
        });
    }

    @Test
    void resultsAreThoseOfTheFirstTurn() throws IOException {
        try (Worker worker = start(0, "loss")) {
            worker.go();
            byte[] first = Files.readAllBytes(results);
            assertThat(worker.go().fieldNames()).toIterable().containsExactly("seconds");
            assertThat(results).hasBinaryContent(first);
            Files.delete(results);
            worker.go();
            // Gradients are of one turn, not of all.
            assertThat(results).hasBinaryContent(first);
        }
    }

    @Test
    void theBoundComputesNoLoss() throws IOException {
        try (Worker worker = start(0, "products")) {
            assertThat(worker.go().get("numbers").intValue()).isEqualTo(6 * 1000 + 6 * 8);
        }
        assertThat(results).doesNotExist();
    }
}
