package dev.retort.teacher;

import dev.retort.data.Message;
import dev.retort.data.Question;
import dev.retort.data.SamplingParams;
import dev.retort.data.SeededRandom;
import dev.retort.data.TeacherSample;
import java.util.ArrayList;
import java.util.List;

/**
 * Context distillation (Askell et al. 2021, arXiv 2112.00861): the base teacher is asked with a system prompt put in front, and
 * the samples carry the question's messages without it, so that a student learns to answer as if it stood there. A question's
 * own system message is kept, behind the prompt and a blank line in one message with it. All indices are asked for at once.
 */
public final class ContextDistillation implements Teacher {

    private final Teacher base;
    private final String systemPrompt;
    private final boolean isFirstTurnOnly;
    private final String name;

    private ContextDistillation(Teacher base, String systemPrompt, boolean isFirstTurnOnly) {
        if (systemPrompt.isBlank()) {
            throw new IllegalArgumentException("the system prompt to distil is blank");
        }
        this.base = base;
        this.systemPrompt = systemPrompt;
        this.isFirstTurnOnly = isFirstTurnOnly;
        name = "context-distillation(" + base.name() + "; turns=" + (isFirstTurnOnly ? "first" : "all") + "; prompt="
                + SeededRandom.sha256Hex(systemPrompt).substring(0, 12) + ")";
    }

    /**
     * Puts this prompt in front of every question.
     *
     * @throws IllegalArgumentException where it is blank
     */
    public static ContextDistillation of(Teacher base, String systemPrompt) {
        return new ContextDistillation(base, systemPrompt, false);
    }

    /** With the prompt only in front of questions of a single user turn; others are asked as they stand. */
    public ContextDistillation firstTurnOnly() {
        return new ContextDistillation(base, systemPrompt, true);
    }

    /** The base teacher's name, the turns and the beginning of the prompt's SHA-256. */
    @Override
    public String name() {
        return name;
    }

    /** The base teacher's samples, as of questions without the prompt. */
    @Override
    public List<TeacherSample> sample(Question question, SamplingParams params, List<Integer> sampleIndices)
            throws TeacherException, InterruptedException {
        Question asked = new Question(
                question.id(), question.task(), messages(question), question.reference(), question.extra());
        List<TeacherSample> samples = new ArrayList<>();
        for (TeacherSample sample : base.sample(asked, params, sampleIndices)) {
            samples.add(new TeacherSample(
                    question.id(),
                    question.task(),
                    question.messages(),
                    sample.sampleIndex(),
                    sample.text(),
                    sample.rationale(),
                    sample.answer(),
                    sample.finishReason(),
                    name,
                    params,
                    sample.usage(),
                    sample.extra()));
        }
        return samples;
    }

    private List<Message> messages(Question question) {
        List<Message> messages = question.messages();
        long userTurns = messages.stream()
                .filter(message -> message.role().equals("user"))
                .count();
        if (isFirstTurnOnly && userTurns != 1) {
            return messages;
        }
        Message first = messages.get(0);
        boolean hasSystem = first.role().equals("system");
        List<Message> all = new ArrayList<>();
        all.add(Message.system(hasSystem ? systemPrompt + "\n\n" + first.content() : systemPrompt));
        all.addAll(messages.subList(hasSystem ? 1 : 0, messages.size()));
        return all;
    }

    @Override
    public int callsPerSample() {
        return base.callsPerSample();
    }

    @Override
    public void close() {
        base.close();
    }
}
