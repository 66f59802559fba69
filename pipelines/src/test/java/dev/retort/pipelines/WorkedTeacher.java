package dev.retort.pipelines;

import dev.retort.data.Question;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import dev.retort.data.TokenUsage;
import dev.retort.prompt.Demonstration;
import dev.retort.prompt.FewShotPrompt;
import dev.retort.teacher.Teacher;
import dev.retort.teacher.TeacherException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Answers the last question of a few-shot prompt, at most two samples a request. The question ends in a number; number plus
 * sample index, modulo 8, decides what the completion is like.
 */
final class WorkedTeacher implements Teacher {

    static final FewShotPrompt PROMPT = FewShotPrompt.of(List.of(
            new Demonstration("Which is number 10?", "Ten is even.", "(a) even"),
            new Demonstration("Which is number 11?", "Eleven is odd.", "(b) odd")));

    private static final String LAST_QUESTION = "\n\nQ: Which is number ";

    /** A question whose number is in its id. */
    static Question question(int number) {
        return Question.ofText(
                "q-" + number, "parity", "Which is number " + number + "?", number % 2 == 0 ? "even" : "odd");
    }

    /** The completion that this teacher gives. */
    static String completion(int number, int index) {
        String good = " " + number + " over two. So the answer is (" + "ab".charAt(number % 2) + ") "
                + (number % 2 == 0 ? "even" : "odd") + ".";
        return switch ((number + index) % 8) {
            case 3 -> good + "\n\nQ: Which is number 0?\nA: Zero. So the answer is (a) even.";
            case 4 -> " I cannot say.";
            case 5 -> " " + number + " over two. So the answer is .";
            case 6 -> " So the answer is (a) even.";
            case 7 -> " " + number + " over two. So the answer is (a) ev";
            default -> good;
        };
    }

    @Override
    public String name() {
        return "worked@1";
    }

    @Override
    public List<TeacherSample> sample(Question question, SamplingParams params, List<Integer> indices)
            throws TeacherException {
        String prompt = question.text();
        int from = prompt.lastIndexOf(LAST_QUESTION);
        if (from < 0 || !prompt.endsWith("?\nA:")) {
            throw new TeacherException("question " + question.id() + " has no such prompt");
        }
        int number = Integer.parseInt(prompt.substring(from + LAST_QUESTION.length(), prompt.length() - 4));
        if (number % 40 == 39) {
            throw new TeacherException("number " + number + " is too hard");
        }
        List<TeacherSample> samples = new ArrayList<>();
        List<Integer> some = indices.subList(0, Math.min(2, indices.size()));
        for (int index : some) {
            samples.add(new TeacherSample(
                    question.id(),
                    question.task(),
                    question.messages(),
                    index,
                    completion(number, index),
                    "the teacher's own",
                    "the teacher's own",
                    (number + index) % 8 == 7 ? TeacherSample.LENGTH : "stop",
                    name(),
                    params,
                    new TokenUsage(20, 10, some.size()),
                    Map.of()));
        }
        return samples;
    }
}
