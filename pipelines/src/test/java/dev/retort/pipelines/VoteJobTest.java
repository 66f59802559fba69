package dev.retort.pipelines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.TextNode;
import dev.retort.data.JsonLines;
import dev.retort.data.Question;
import dev.retort.data.TeacherSample;
import dev.retort.filter.AnswerForm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VoteJobTest {

    @TempDir
    Path folder;

    private Path samples() throws IOException {
        List<TeacherSample> samples = new ArrayList<>();
        String[][] answers = {{"4", "5", "4.0"}, {"1", "2"}, {null, null}};
        for (int i = 0; i < answers.length; i++) {
            Question question = Question.ofText("q-" + i, "sum", "?", null);
            for (int index = answers[i].length - 1; index >= 0; index--) {
                samples.add(Fixtures.sample(question, index, "text").withAnswer(null, answers[i][index]));
            }
        }
        samples.add(new TeacherSample(
                "q-1", "sum", List.of(), 2, "1", null, "1", TeacherSample.LENGTH, "fake", null, null, Map.of()));
        samples.add(Fixtures.sample(Question.ofText("q-0~name-swap-1", "sum", "?", null), 0, "9")
                .withExtra(Map.of("perturbed_from", TextNode.valueOf("q-0"))));
        Path file = folder.resolve("samples.jsonl");
        JsonLines.write(file, samples);
        return Files.writeString(file, Files.readString(file) + "{\n");
    }

    private List<String> votes(VoteRequest request) throws Exception {
        VoteOutcome outcome = VoteJob.run(request);
        assertThat(outcome.summary())
                .isEqualTo("voted on 3 questions: " + outcome.won() + " with an answer that won, " + outcome.undecided()
                        + " without; samples of variants left out 1; malformed lines 1");
        assertThat(Files.readAllLines(folder.resolve("out/malformed.jsonl"))).hasSize(1);
        return Files.readAllLines(folder.resolve("out/votes.jsonl"));
    }

    @Test
    void aRowAQuestion() throws Exception {
        VoteRequest request = VoteRequest.of(samples(), folder.resolve("out"), "strict", AnswerForm.NUMBER);
        String[] lost = {
            "{\"id\":\"q-1\",\"task\":\"sum\",\"answer\":null,\"votes\":1,\"total\":3,\"agreement\":0.3333333333333333}",
            "{\"id\":\"q-2\",\"task\":\"sum\",\"answer\":null,\"votes\":0,\"total\":2,\"agreement\":0.0}"
        };
        assertThat(votes(request))
                .containsExactly(
                        "{\"id\":\"q-0\",\"task\":\"sum\",\"answer\":\"4\",\"votes\":2,\"total\":3,"
                                + "\"agreement\":0.6666666666666666}",
                        lost[0],
                        lost[1]);
        assertThat(votes(request.withSamplesAsked(4)))
                .startsWith(
                        "{\"id\":\"q-0\",\"task\":\"sum\",\"answer\":null,\"votes\":2,\"total\":4,\"agreement\":0.5}");
    }

    @Test
    void rulesAndForms() throws Exception {
        Path samples = samples();
        Path out = folder.resolve("out");
        assertThat(votes(VoteRequest.of(samples, out, "0.5", AnswerForm.NUMBER)).get(0))
                .contains("\"answer\":\"4\"");
        assertThat(votes(VoteRequest.of(samples, out, "plurality", AnswerForm.TEXT))
                        .get(0))
                .contains("\"answer\":null,\"votes\":1");
        assertThatThrownBy(() -> VoteRequest.of(samples, out, "most", AnswerForm.TEXT))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the rule must be strict, plurality or a fraction such as 0.6, not most");
        assertThatThrownBy(() -> VoteRequest.of(samples, out, "1.5", AnswerForm.TEXT))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("vote fraction 1.5 is not in (0, 1]");
        VoteRequest request = VoteRequest.of(folder.resolve("no"), out, "strict", AnswerForm.TEXT);
        assertThatThrownBy(() -> request.withSamplesAsked(-1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the samples asked for must not be fewer than 0, not -1");
        assertThatThrownBy(() -> VoteJob.run(request)).hasMessage(folder.resolve("no") + ": no such file");
    }
}
