package dev.retort.teacher;

import dev.retort.answer.AnswerCut;
import dev.retort.data.Message;
import dev.retort.data.Question;
import dev.retort.data.TeacherSample;
import dev.retort.prompt.PromptTemplate;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * System 2 Attention (Weston and Sukhbaatar 2023, arXiv 2311.11829): the call "context" regenerates the user's text without
 * bias, with the published prompt; the call "respond" answers from the regenerated text alone, with a prompt of ours, since
 * theirs was not found. System messages stay in both.
 */
public final class System2Attention extends System2Teacher {

    private static final PromptTemplate CONTEXT = PromptTemplate.named("s2a-context");
    private static final PromptTemplate RESPOND = PromptTemplate.named("s2a-respond");

    private System2Attention(Teacher base, AnswerCut cut, Integer intermediateTokens, List<PromptTemplate> prompts) {
        super("s2a", base, cut, intermediateTokens, List.of(), prompts);
    }

    /** Asks this teacher twice; a question must have one user turn, besides system messages. */
    public static System2Attention of(Teacher base, AnswerCut cut) {
        return new System2Attention(base, cut, null, List.of(CONTEXT, RESPOND));
    }

    @Override
    public System2Attention withIntermediateTokens(int tokens) {
        return new System2Attention(base(), cut(), tokens, prompts());
    }

    @Override
    System2Attention withWordings(List<PromptTemplate> wordings) {
        return new System2Attention(base(), cut(), intermediateTokens(), wordings);
    }

    @Override
    int calls() {
        return 2;
    }

    @Override
    TeacherSample answer(System2Calls calls) throws TeacherException, InterruptedException {
        Question question = calls.question();
        List<String> roles = question.messages().stream()
                .map(Message::role)
                .filter(role -> !role.equals("system"))
                .toList();
        if (!roles.equals(List.of("user"))) {
            throw new TeacherException(
                    "s2a takes questions of one user turn, for earlier turns would carry their bias past"
                            + " it; question " + question.id() + " has the turns " + String.join(", ", roles));
        }
        Optional<String> context = calls.think("context", prompts().get(0).fill(Map.of("question", question.text())));
        if (context.isEmpty()) {
            return calls.unanswered();
        }
        String prompt = prompts().get(1).fill(Map.of("context", context.get().strip()));
        return calls.sample(calls.last("respond", prompt));
    }
}
