package dev.retort.teacher;

import dev.retort.answer.AnswerCut;
import dev.retort.data.Question;
import dev.retort.data.TeacherSample;
import dev.retort.prompt.PromptTemplate;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Zero-shot chain of thought (Kojima et al. 2022, arXiv 2205.11916) with its authors' prompts in place of the last user turn:
 * the call "reason" thinks step by step; the call "answer" is shown the reasoning and completes "Therefore, the answer is".
 */
public final class ChainOfThought extends System2Teacher {

    private static final PromptTemplate REASON = PromptTemplate.named("zero-shot-cot");
    private static final PromptTemplate ANSWER = PromptTemplate.named("zero-shot-cot-answer");

    private final String answerWords;

    private ChainOfThought(
            Teacher base, AnswerCut cut, String answerWords, Integer intermediateTokens, List<PromptTemplate> prompts) {
        super("cot", base, cut, intermediateTokens, List.of(Map.entry("answer-words", quoted(answerWords))), prompts);
        this.answerWords = answerWords;
    }

    /** Asks this teacher twice, with the authors' words for the kind of answer: arabic numerals, Yes or No, or none. */
    public static ChainOfThought of(Teacher base, AnswerCut cut) {
        String words =
                switch (cut) {
                    case LAST_NUMBER -> "answer (arabic numerals)";
                    case YES_NO -> "answer (Yes or No)";
                    default -> "answer";
                };
        return new ChainOfThought(base, cut, words, null, List.of(REASON, ANSWER));
    }

    /** With these words between "Therefore, the" and "is". */
    public ChainOfThought withAnswerWords(String words) {
        return new ChainOfThought(base(), cut(), words, intermediateTokens(), prompts());
    }

    @Override
    public ChainOfThought withIntermediateTokens(int tokens) {
        return new ChainOfThought(base(), cut(), answerWords, tokens, prompts());
    }

    @Override
    ChainOfThought withWordings(List<PromptTemplate> wordings) {
        return new ChainOfThought(base(), cut(), answerWords, intermediateTokens(), wordings);
    }

    @Override
    int calls() {
        return 2;
    }

    @Override
    TeacherSample answer(System2Calls calls) throws TeacherException, InterruptedException {
        Question question = calls.question();
        Optional<String> rationale = calls.think("reason", prompts().get(0).fill(Map.of("question", question.text())));
        if (rationale.isEmpty()) {
            return calls.unanswered();
        }
        // A completion begins with its own blank, a chat model's reply does not.
        String reasoning = rationale.get();
        String separated = Character.isWhitespace(reasoning.charAt(0)) ? reasoning : " " + reasoning;
        String prompt = prompts()
                .get(1)
                .fill(Map.of("question", question.text(), "rationale", separated, "answer_words", answerWords));
        return calls.sample(calls.last("answer", prompt));
    }
}
