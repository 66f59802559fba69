package dev.retort.teacher;

import dev.retort.data.Message;
import dev.retort.data.Question;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import dev.retort.data.TokenUsage;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A teacher that says what a test told it to say, by question id, and remembers what it was asked. */
final class ScriptedReplies implements Teacher {

    private interface Reply {
        TeacherSample to(Question question, SamplingParams params, int index)
                throws TeacherException, InterruptedException;
    }

    record Asked(Question question, SamplingParams params, List<Integer> indices) {}

    private final Map<String, Reply> replies = new HashMap<>();
    final List<Asked> asked = Collections.synchronizedList(new ArrayList<>());
    int closed;

    /** Ten prompt tokens, a completion token a character. */
    ScriptedReplies says(String id, String text) {
        return says(id, text, "stop", new TokenUsage(10, text.length(), 1));
    }

    ScriptedReplies says(String id, String text, String finishReason, TokenUsage usage) {
        replies.put(
                id,
                (question, params, index) -> new TeacherSample(
                        question.id(),
                        question.task(),
                        question.messages(),
                        index,
                        text,
                        null,
                        null,
                        finishReason,
                        name(),
                        params,
                        usage,
                        Map.of()));
        return this;
    }

    ScriptedReplies fails(String id, TeacherException e) {
        replies.put(id, (question, params, index) -> {
            throw e;
        });
        return this;
    }

    ScriptedReplies isInterrupted(String id) {
        replies.put(id, (question, params, index) -> {
            throw new InterruptedException();
        });
        return this;
    }

    List<String> ids() {
        return asked.stream().map(call -> call.question().id()).toList();
    }

    /** The only message of the call for this id. */
    String prompt(String id) {
        List<Message> messages = messages(id);
        if (messages.size() != 1 || !messages.get(0).role().equals("user")) {
            throw new AssertionError(id + " was asked with " + messages);
        }
        return messages.get(0).content();
    }

    List<Message> messages(String id) {
        return asked.stream()
                .filter(call -> call.question().id().equals(id))
                .findFirst()
                .orElseThrow()
                .question()
                .messages();
    }

    @Override
    public String name() {
        return "fake";
    }

    @Override
    public List<TeacherSample> sample(Question question, SamplingParams params, List<Integer> sampleIndices)
            throws TeacherException, InterruptedException {
        asked.add(new Asked(question, params, List.copyOf(sampleIndices)));
        Reply reply = replies.get(question.id());
        if (reply == null) {
            throw new AssertionError("nobody expected the question " + question.id());
        }
        List<TeacherSample> samples = new ArrayList<>();
        for (int index : sampleIndices) {
            samples.add(reply.to(question, params, index));
        }
        return samples;
    }

    @Override
    public void close() {
        closed++;
    }
}
