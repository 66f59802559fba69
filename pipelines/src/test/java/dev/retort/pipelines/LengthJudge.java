package dev.retort.pipelines;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.retort.data.Message;
import dev.retort.data.Question;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import dev.retort.data.TokenUsage;
import dev.retort.teacher.Teacher;
import dev.retort.teacher.TeacherException;
import java.util.List;
import java.util.Map;

/**
 * Likes the longer response better. A prompt of "biased" makes it choose the first, "mute" say nothing, "cut" stop too early;
 * "broken" it cannot judge where the first response is the longer one.
 */
final class LengthJudge implements Teacher {

    /** A pair to be judged. */
    static Question pair(String id, String prompt, String a, String b, String reference) {
        ArrayNode responses = JsonNodeFactory.instance.arrayNode().add(a).add(b);
        return new Question(
                id,
                "judge",
                List.of(Message.system("Be fair."), Message.user("to be replaced")),
                reference,
                Map.of("prompt", TextNode.valueOf(prompt), "responses", responses));
    }

    @Override
    public String name() {
        return "length-judge@1";
    }

    @Override
    public List<TeacherSample> sample(Question question, SamplingParams params, List<Integer> indices)
            throws TeacherException {
        JsonNode responses = question.extra().get("responses");
        int difference = responses.get(0).textValue().length()
                - responses.get(1).textValue().length();
        String prompt = question.extra().get("prompt").textValue();
        if (prompt.equals("broken") && difference > 0) {
            throw new TeacherException("broken");
        }
        String verdict =
                switch (prompt) {
                    case "biased" -> "First. [[A]]";
                    case "mute" -> "I cannot say.";
                    default -> difference > 0 ? "Long. [[A]]" : difference < 0 ? "Long. [[B]]" : "Alike. [[C]]";
                };
        return List.of(new TeacherSample(
                question.id(),
                question.task(),
                question.messages(),
                indices.get(0),
                verdict,
                null,
                null,
                prompt.equals("cut") ? TeacherSample.LENGTH : "stop",
                name(),
                params,
                new TokenUsage(9, 2, 1),
                Map.of()));
    }
}
