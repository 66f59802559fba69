package dev.retort.teacher;

import dev.retort.data.Message;
import dev.retort.data.Question;
import dev.retort.data.Rows;
import dev.retort.data.SamplingParams;
import dev.retort.data.SeededRandom;
import dev.retort.data.TeacherSample;
import dev.retort.data.TokenUsage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * A teacher that is a program: it works questions of a small language out, step by step, and can be told to err. A sample
 * depends on the seed, the messages and the sample index only; the temperature changes nothing. A token is a word
 * between blanks.
 */
public final class ScriptedTeacher implements Teacher {

    private static final List<String> PROGRAMS = List.of("last-letter", "coin-flip", "arithmetic");
    /** Changes whenever the words of a program's samples do. */
    private static final String REVISION = "2";

    private final String name;
    private final Program program;
    private final double errorRate;

    /**
     * A teacher with a program of one's own.
     *
     * @param name says which program, and which revision of it
     * @param errorRate the probability in [0, 1] that one step of a sample goes wrong, the rest following from it
     */
    public ScriptedTeacher(String name, Program program, double errorRate) {
        if (!(errorRate >= 0 && errorRate <= 1)) {
            throw new IllegalArgumentException("the error rate must be 0 to 1, not " + errorRate);
        }
        this.name = "scripted:" + name + (errorRate == 0 ? "" : "+error-rate=" + errorRate);
        this.program = program;
        this.errorRate = errorRate;
    }

    /**
     * One of the programs that come with the toolkit: last-letter, coin-flip, arithmetic.
     *
     * @throws IllegalArgumentException where there is no such program; the message lists those there are
     */
    public static ScriptedTeacher of(String program, double errorRate) {
        Program chosen =
                switch (known(program)) {
                    case "last-letter" -> new LastLetterProgram();
                    case "coin-flip" -> new CoinFlipProgram();
                    default -> new ArithmeticProgram();
                };
        return new ScriptedTeacher(program + "@" + REVISION, chosen, errorRate);
    }

    /** The name itself, where it is one of a program. */
    static String known(String program) {
        if (!PROGRAMS.contains(program)) {
            throw new IllegalArgumentException(
                    "there is no scripted teacher named " + program + "; there are " + String.join(", ", PROGRAMS));
        }
        return program;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public List<TeacherSample> sample(Question question, SamplingParams params, List<Integer> sampleIndices)
            throws TeacherException {
        List<Completion> completions = new ArrayList<>();
        long completionTokens = 0;
        for (int index : sampleIndices) {
            Completion completion = cut(chain(question, params, index), params);
            completions.add(completion);
            completionTokens += words(completion.text());
        }
        long promptTokens = 0;
        for (Message message : question.messages()) {
            promptTokens += words(message.content());
        }
        TokenUsage usage = new TokenUsage(promptTokens, completionTokens, sampleIndices.size());
        List<TeacherSample> samples = new ArrayList<>();
        for (int i = 0; i < completions.size(); i++) {
            Completion completion = completions.get(i);
            samples.add(new TeacherSample(
                    question.id(),
                    question.task(),
                    question.messages(),
                    sampleIndices.get(i),
                    completion.text(),
                    completion.rationale(),
                    completion.answer(),
                    completion.finishReason(),
                    name,
                    params,
                    usage,
                    Map.of()));
        }
        return samples;
    }

    private Chain chain(Question question, SamplingParams params, int index) throws TeacherException {
        StepErrors none = StepErrors.none();
        Chain right = program.solve(question, none);
        long seed = params.seed() == null ? 0 : params.seed();
        SplittableRandom random = SeededRandom.of(seed, "scripted-teacher", said(question), index);
        if (none.steps() == 0 || random.nextDouble() >= errorRate) {
            return right;
        }
        return program.solve(question, StepErrors.at(random.nextInt(none.steps()), random));
    }

    private static String said(Question question) {
        return Rows.canonical(Rows.mapper().valueToTree(question.messages()));
    }

    /** What is left of a chain after stop texts and the token limit. */
    private record Completion(String text, String rationale, String answer, String finishReason) {}

    private static Completion cut(Chain chain, SamplingParams params) {
        String whole = chain.text();
        String text = whole;
        for (String stop : params.stop()) {
            int at = text.indexOf(stop);
            text = at < 0 ? text : text.substring(0, at);
        }
        if (params.maxTokens() != null && words(text) > params.maxTokens()) {
            return new Completion(firstWords(text, params.maxTokens()), null, null, TeacherSample.LENGTH);
        }
        return text.equals(whole)
                ? new Completion(text, chain.rationale(), chain.answer(), "stop")
                : new Completion(text, null, null, "stop");
    }

    private static long words(String text) {
        return text.isBlank() ? 0 : text.strip().split("\\s+").length;
    }

    /** The text up to the end of its n-th word. */
    private static String firstWords(String text, int n) {
        int words = 0;
        boolean inWord = false;
        for (int i = 0; i < text.length(); i++) {
            boolean blank = Character.isWhitespace(text.charAt(i));
            if (inWord && blank && words == n) {
                return text.substring(0, i);
            }
            if (!inWord && !blank) {
                words++;
            }
            inWord = !blank;
        }
        return text;
    }
}
