package dev.retort.teacher;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.retort.data.Message;
import dev.retort.data.Question;
import dev.retort.data.Rows;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import dev.retort.data.TokenUsage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The calls that make one sample, with prompts in place of the question's last user turn; used by one thread. */
final class System2Calls {

    private final System2Teacher teacher;
    private final Question question;
    private final List<String> choices;
    private final SamplingParams params;
    private final int index;
    private final List<String> thoughts = new ArrayList<>();
    private final ArrayNode intermediate = Rows.mapper().createArrayNode();
    private long promptTokens;
    private long completionTokens;
    private boolean isUsageKnown = true;
    private boolean isCutOff;
    private String finishReason;

    System2Calls(System2Teacher teacher, Question question, List<String> choices, SamplingParams params, int index) {
        this.teacher = teacher;
        this.question = question;
        this.choices = choices;
        this.params = params;
        this.index = index;
    }

    Question question() {
        return question;
    }

    /** The question's options; none where it has none. */
    List<String> choices() {
        return choices;
    }

    /** Whether a call so far met its token limit. */
    boolean isCutOff() {
        return isCutOff;
    }

    /** Makes an intermediate call; its text, or nothing where it was cut off or is blank. */
    Optional<String> think(String stage, String prompt) throws TeacherException, InterruptedException {
        Integer tokens = teacher.intermediateTokens();
        boolean isRaised = tokens != null && params.maxTokens() != null && tokens > params.maxTokens();
        TeacherSample reply = ask(stage, prompt, isRaised ? params.withMaxTokens(tokens) : params);
        thoughts.add(reply.text());
        ObjectNode call = intermediate.addObject().put("stage", stage);
        if (reply.usage() != null) {
            call.put("teacher_tokens", Math.toIntExact(share(reply.usage().completionTokens(), reply.usage())));
        }
        call.put("text", reply.text());
        return isCutOff || reply.text().isBlank() ? Optional.empty() : Optional.of(reply.text());
    }

    /** Makes the last call; its text. */
    String last(String stage, String prompt) throws TeacherException, InterruptedException {
        return ask(stage, prompt, params).text();
    }

    private TeacherSample ask(String stage, String prompt, SamplingParams callParams)
            throws TeacherException, InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        Question asked = new Question(question.id() + "/" + stage, question.task(), withLastTurn(prompt), null);
        List<TeacherSample> replies = teacher.base().sample(asked, callParams, List.of(index));
        if (replies.size() != 1) {
            throw new IllegalStateException(teacher.base().name() + " gave " + replies.size()
                    + " samples where it was asked for one, question " + asked.id());
        }
        TeacherSample reply = replies.get(0);
        TokenUsage usage = reply.usage();
        isUsageKnown &= usage != null;
        if (usage != null) {
            promptTokens += share(usage.promptTokens(), usage);
            completionTokens += share(usage.completionTokens(), usage);
        }
        isCutOff |= TeacherSample.LENGTH.equals(reply.finishReason());
        finishReason = reply.finishReason();
        return reply;
    }

    /** The question's messages with this prompt in place of the last user turn. */
    private List<Message> withLastTurn(String prompt) throws TeacherException {
        if (!question.hasUserTurn()) {
            throw new TeacherException("question " + question.id() + " has no user turn to put a prompt in place of");
        }
        List<Message> messages = new ArrayList<>(question.messages());
        messages.set(question.textTurn(), Message.user(prompt));
        return messages;
    }

    /** A cached reply may come from a request for several samples. */
    private static long share(long tokens, TokenUsage usage) {
        return Math.round((double) tokens / Math.max(1, usage.samplesInRequest()));
    }

    /** The sample where the last call could not be made. */
    TeacherSample unanswered() {
        return sample("", Optional.empty());
    }

    /** The sample with the last call's text and the answer cut from it. */
    TeacherSample sample(String text) {
        return sample(text, teacher.cut().cut(text, choices));
    }

    /** The sample with this text; it has no answer where a call was cut off. */
    TeacherSample sample(String text, Optional<String> answer) {
        return sample(text, answer, thoughts.isEmpty() ? null : String.join("\n\n", thoughts));
    }

    TeacherSample sample(String text, Optional<String> answer, String rationale) {
        Map<String, JsonNode> extra = intermediate.isEmpty() ? Map.of() : Map.of("calls", intermediate);
        return new TeacherSample(
                question.id(),
                question.task(),
                question.messages(),
                index,
                text,
                rationale,
                isCutOff ? null : answer.orElse(null),
                isCutOff ? TeacherSample.LENGTH : finishReason,
                teacher.name(),
                params,
                isUsageKnown ? new TokenUsage(promptTokens, completionTokens, 1) : null,
                extra);
    }
}
