package dev.retort.pipelines;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.retort.data.Failure;
import dev.retort.data.JsonLines;
import dev.retort.data.Malformed;
import dev.retort.data.Message;
import dev.retort.data.Question;
import dev.retort.data.TeacherSample;
import dev.retort.prompt.PromptTemplate;
import dev.retort.teacher.Chain;
import dev.retort.teacher.ScriptedTeacher;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JudgeJobTest {

    @TempDir
    Path folder;

    private Path out(String name) {
        return folder.resolve("out").resolve(name);
    }

    private JudgeRequest request(Question... pairs) throws IOException {
        Path file = folder.resolve("pairs.jsonl");
        JsonLines.write(file, List.of(pairs));
        return JudgeRequest.of(new JudgeRequest.Pairs.InFile(file), folder.resolve("out"), LengthJudge::new);
    }

    private Map<String, String> judgements() throws IOException {
        Map<String, String> found = new LinkedHashMap<>();
        for (TeacherSample row : JsonLines.read(out("judgements.jsonl"), TeacherSample.class)) {
            Map<String, JsonNode> extra = row.extra();
            found.put(
                    row.id() + "/" + row.sampleIndex(),
                    row.answer() + " " + extra.get("verdict") + " " + extra.get("verdict_swapped") + " "
                            + extra.get("consistent") + " " + extra.get("reason"));
        }
        return found;
    }

    @Test
    void everyPairEndsOnce() throws Exception {
        JudgeOutcome outcome = JudgeJob.run(request(
                LengthJudge.pair("a", "fair", "longer", "short", "A"),
                LengthJudge.pair("b", "fair", "short", "longer", "A"),
                LengthJudge.pair("tie", "fair", "five!", "short", null),
                LengthJudge.pair("biased", "biased", "one", "two", null),
                LengthJudge.pair("mute", "mute", "one", "two", null),
                LengthJudge.pair("cut", "cut", "longer", "short", null),
                LengthJudge.pair("broken", "broken", "longer", "short", null),
                Question.ofText("none", "judge", "?", null)));
        assertThat(judgements())
                .containsExactly(
                        Map.entry("a/0", "A \"A\" \"B\" true null"),
                        Map.entry("b/0", "B \"B\" \"A\" true null"),
                        Map.entry("biased/0", "null \"A\" \"A\" false \"inconsistent\""),
                        Map.entry("cut/0", "null null null false \"unparsed\""),
                        Map.entry("mute/0", "null null null false \"unparsed\""),
                        Map.entry("tie/0", "tie \"tie\" \"tie\" true null"));
        assertThat(JsonLines.read(out("failures.jsonl"), Failure.class))
                .extracting(failure -> failure.id() + "/" + failure.sampleIndex() + ": " + failure.error())
                .containsExactly(
                        "broken~judge-0/0: broken",
                        "none/0: no item to judge: it needs the fields prompt, a text, and responses, two texts");
        assertThat(outcome.summary())
                .startsWith("judged 6 of 8 pairs: A 1, B 1, tie 1, inconsistent 1, unparsed 2\nposition bias: 4 of 6"
                        + " verdicts (66.7 %) are for the response shown first\nanswered 13, failed 1; ");
        assertThat(outcome.consistent()).isEqualTo(3);

        JudgeOutcome again = JudgeJob.run(request(LengthJudge.pair("c", "fair", "longer", "short", null)));
        assertThat(again.asking().asked())
                .as("both orders of the same pair are in the cache")
                .isZero();
    }

    @Test
    void aJudgementHoldsWhatWasSaid() throws Exception {
        JudgeJob.run(request(LengthJudge.pair("a", "Who?", "longer", "short", null)));
        String judging = PromptTemplate.named("judge-pair-v2")
                .fill(Map.of("question", "Who?", "answer_a", "longer", "answer_b", "short"));
        TeacherSample row =
                JsonLines.read(out("judgements.jsonl"), TeacherSample.class).get(0);
        assertThat(row.messages()).containsExactly(Message.system("Be fair."), Message.user(judging));
        assertThat(List.of(row.task(), row.text(), row.finishReason(), row.teacher()))
                .containsExactly("judge", "Long. [[A]]", "stop", "length-judge@1");
        assertThat(row.extra().get("swapped").toString())
                .isEqualTo("{\"text\":\"Long. [[B]]\",\"finish_reason\":\"stop\",\"usage\":{\"prompt_tokens\":9,"
                        + "\"completion_tokens\":2,\"samples_in_request\":1}}");
    }

    @Test
    void bothOrdersOfAPairAreOneItem() throws Exception {
        Question first = twin("p-first", "longer", "short");
        Question second = twin("p-second", "short", "longer");
        Question same = twin("p-third", "longer", "short");
        JudgeOutcome outcome = JudgeJob.run(request(second, same, first));
        assertThat(judgements()).containsOnlyKeys("p-first/0", "p-third/0");
        assertThat(outcome.twins()).isEqualTo(1);
        assertThat(outcome.summary()).contains("; left out as the other order of a pair 1\n");
    }

    private static Question twin(String id, String a, String b) {
        Question pair = LengthJudge.pair(id, "fair", a, b, null);
        Map<String, JsonNode> extra = new LinkedHashMap<>(pair.extra());
        extra.put("pair", TextNode.valueOf("p"));
        return new Question(id, pair.task(), pair.messages(), null, extra);
    }

    @Test
    void samplesOfTwoRunsMeet() throws Exception {
        Question question = Question.ofText("q", "t", "Who?", null);
        Path one = folder.resolve("one/samples.jsonl");
        Path two = folder.resolve("two/samples.jsonl");
        JsonLines.write(
                one,
                List.of(
                        Fixtures.sample(question, 0, "longer"),
                        Fixtures.sample(question, 1, "five!"),
                        Fixtures.sample(question, 2, "alone")));
        JsonLines.write(
                two,
                List.of(
                        Fixtures.sample(question, 0, "short"),
                        Fixtures.sample(question, 1, "longer"),
                        Fixtures.sample(question, 3, "alone")));
        for (Path file : List.of(one, two)) {
            Files.writeString(file, "7\n" + Files.readString(file));
        }
        JudgeOutcome outcome = JudgeJob.run(
                JudgeRequest.of(new JudgeRequest.Pairs.OfSamples(one, two), folder.resolve("out"), LengthJudge::new));
        assertThat(judgements())
                .containsExactly(
                        Map.entry("q/0", "A \"A\" \"B\" true null"), Map.entry("q/1", "B \"B\" \"A\" true null"));
        assertThat(JsonLines.read(out("judgements.jsonl"), TeacherSample.class)
                        .get(0)
                        .messages())
                .singleElement()
                .satisfies(message -> assertThat(message.content()).contains("[User Question]\nWho?\n\n"));
        assertThat(JsonLines.read(out("failures.jsonl"), Failure.class))
                .extracting(failure -> failure.sampleIndex() + ": " + failure.error())
                .containsExactly(
                        "2: the samples compared against do not have it",
                        "3: only the samples compared against have it");
        assertThat(JsonLines.read(out("malformed.jsonl"), Malformed.class))
                .extracting(Malformed::file)
                .containsExactly(one.toString(), two.toString());
        assertThat(outcome.summary())
                .startsWith("judged 2 of 2 pairs: A 1, B 1, tie 0, inconsistent 0, unparsed 0; samples without a"
                        + " counterpart 2\nposition bias: 2 of 4 verdicts (50.0 %) are for the response shown first\n");
    }

    @Test
    void branchSolveMergeJudges() throws Exception {
        JudgeRequest request = request(LengthJudge.pair("a", "Who?", "longer", "short", null));
        TeacherFactory scripted = () -> new ScriptedTeacher(
                "scores@1",
                (question, errors) -> new Chain(
                        question.id().endsWith("/criteria") ? "1. x\n2. y\n3. z" : "Response 1: 3\nResponse 2: 3", ""),
                0);
        JudgeOutcome outcome = JudgeJob.run(new JudgeRequest(
                request.pairs(),
                request.out(),
                scripted,
                request.params(),
                request.settings(),
                JudgeSamples.branchSolveMerge(),
                null));
        assertThat(judgements()).containsExactly(Map.entry("a/0", "tie \"tie\" \"tie\" true null"));
        assertThat(outcome.asking().asked() + outcome.asking().cached()).isEqualTo(14);
    }

    @Test
    void anIndexThatIsNoneIsAFailure() throws Exception {
        Question pair = LengthJudge.pair("a", "fair", "longer", "short", null);
        Map<String, JsonNode> extra = new LinkedHashMap<>(pair.extra());
        extra.put("sample_index", IntNode.valueOf(-1));
        JudgeOutcome outcome = JudgeJob.run(request(new Question("a", "judge", pair.messages(), null, extra)));
        assertThat(outcome.judged()).isZero();
        assertThat(JsonLines.read(out("failures.jsonl"), Failure.class))
                .extracting(Failure::error)
                .containsExactly("no item to judge: its field sample_index must be a whole number, 0 or more");
        assertThat(outcome.summary())
                .startsWith("judged 0 of 1 pairs: A 0, B 0, tie 0, inconsistent 0, unparsed 0\nanswered 0, failed 0; ");
    }

    @Test
    void aMissingFileIsOneLine() {
        Path no = folder.resolve("no.jsonl");
        assertThatThrownBy(() -> JudgeJob.run(
                        JudgeRequest.of(new JudgeRequest.Pairs.InFile(no), folder.resolve("out"), LengthJudge::new)))
                .isInstanceOf(IOException.class)
                .hasMessage(no + ": no such file");
    }
}
