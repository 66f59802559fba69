package dev.retort.teacher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import dev.retort.data.Message;
import dev.retort.data.Question;
import dev.retort.data.Rows;
import dev.retort.data.SamplingParams;
import dev.retort.data.TeacherSample;
import dev.retort.data.TokenUsage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ScriptedTeacherTest {

    private static final String LETTERS =
            "Take the last letters of the words in \"Ada Grace Alan\" and concatenate them.";
    private static final String COIN =
            "A coin is heads up. Ada flips the coin. Grace does not flip the coin. Is the coin"
                    + " still heads up? Note that \"flip\" here means \"reverse\".";

    private static TeacherSample ask(String program, double errorRate, String text, SamplingParams params, int index)
            throws TeacherException {
        return ScriptedTeacher.of(program, errorRate)
                .sample(Question.ofText("q1", "t", text, null), params, List.of(index))
                .get(0);
    }

    private static TeacherSample ask(String program, String text) throws TeacherException {
        return ask(program, 0, text, SamplingParams.none(), 0);
    }

    @Test
    void lastLetterNamesEachLetterAndJoinsThem() throws TeacherException {
        TeacherSample sample = ask("last-letter", LETTERS);
        String rationale =
                "The last letter of \"Ada\" is \"a\". The last letter of \"Grace\" is \"e\". The last letter of"
                        + " \"Alan\" is \"n\". Concatenating them gives \"aen\".";
        assertThat(sample)
                .isEqualTo(new TeacherSample(
                        "q1",
                        "t",
                        List.of(Message.user(LETTERS)),
                        0,
                        rationale + " The answer is aen.",
                        rationale,
                        "aen",
                        "stop",
                        "scripted:last-letter@2",
                        SamplingParams.none(),
                        new TokenUsage(14, 29, 1),
                        Map.of()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Take the last letters of each word in \"Ada Grace\" and concatenate them.",
                "Take the last letters of each words in \"Ada Grace\" and concatenate them.",
                "\"Take the last letters of the words in \"Ada Grace\" and concatenate them.\"\nRephrase and respond. ",
                "Q: Take the last letters of the words in \" Ada  Grace \" and concatenate them.\nA:"
            })
    void lastLetterReadsItsForms(String text) throws TeacherException {
        assertThat(ask("last-letter", text).answer()).isEqualTo("ae");
    }

    @Test
    void coinFlipFollowsTheCoin() throws TeacherException {
        TeacherSample sample = ask("coin-flip", COIN);
        assertThat(sample.text())
                .isEqualTo(
                        "The coin is heads up. Ada flips the coin, so it is now tails up. Grace does not flip the coin,"
                                + " so it stays tails up. The answer is no.");
        assertThat(sample.answer()).isEqualTo("no");
        assertThat(ask(
                                "coin-flip",
                                "A coin is heads up. a flips the coin. b flips the coin.  Is the coin still heads up?"
                                        + " Flip means reverse.")
                        .answer())
                .isEqualTo("yes");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "12 + 3 * 4|3 * 4 = 12. 12 + 12 = 24. The answer is 24.",
                "What is 12 + 3 * 4?|3 * 4 = 12. 12 + 12 = 24. The answer is 24.",
                "(3 + 4) * 5 mod 10|3 + 4 = 7, and 7 mod 10 = 7. 7 * 5 = 35, and 35 mod 10 = 5. The answer is 5.",
                "Q: What is 2 - -3 * (4-6)?|4 - 6 = -2. (-3) * (-2) = 6. 2 - 6 = -4. The answer is -4.",
                "7|The answer is 7.",
                "17 mod 5|17 mod 5 = 2. The answer is 2.",
                "-17 mod 5|-17 mod 5 = 3. The answer is 3.",
                "1 - 5 mod 3|1 - 5 = -4, and -4 mod 3 = 2. The answer is 2.",
                "2 * 3 - 4 * (5 - 7) + 1|2 * 3 = 6. 5 - 7 = -2. 4 * (-2) = -8. 6 - (-8) = 14. 14 + 1 = 15. The answer"
                        + " is 15."
            })
    void arithmeticWorksOneOperationAtATime(String text, String expected) throws TeacherException {
        assertThat(ask("arithmetic", text).text()).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "Tom has 3 apples.",
                "12 +",
                "(12",
                "12)",
                "1 2",
                "12 / 3",
                "2 ^ 3",
                "x + 1",
                "1 + 2 mod",
                "()",
                "-(3)",
                "1 + + 2",
                "3 mod 4 mod 5"
            })
    void arithmeticRefusesWhatItCannotRead(String text) {
        TeacherException error = catchThrowableOfType(TeacherException.class, () -> ask("arithmetic", text));
        assertThat(error).hasMessageStartingWith("scripted:arithmetic cannot read question q1");
        assertThat(error).hasMessageContaining("it takes integers with + - * and parentheses");
        assertThat(error.retryable()).isFalse();
        assertThat(error.retryAfter()).isEmpty();
    }

    @Test
    void arithmeticIsBounded() {
        assertThatThrownBy(() -> ask("arithmetic", "999999999999999 * 2"))
                .hasMessage("scripted:arithmetic stays within 15 digits; question q1 leaves them");
        assertThatThrownBy(() -> ask("arithmetic", "9999999999999999"))
                .hasMessage("scripted:arithmetic stays within 15 digits; question q1 leaves them");
        assertThatThrownBy(() -> ask("arithmetic", "999999999999999 * 999999999999999"))
                .hasMessage("scripted:arithmetic stays within 15 digits; question q1 leaves them");
        assertThatThrownBy(() -> ask("arithmetic", "(".repeat(60) + "1" + ")".repeat(60)))
                .hasMessage("scripted:arithmetic takes at most 50 levels of parentheses; question q1 has more");
        assertThatThrownBy(() -> ask("arithmetic", "1" + "+1".repeat(1000)))
                .hasMessage("scripted:arithmetic takes at most 2000 characters; question q1 has more");
        assertThatThrownBy(() -> ask("arithmetic", "1 + 2 mod 0"))
                .hasMessage("scripted:arithmetic cannot take question q1 mod 0");
    }

    @Test
    void theOthersSayWhatTheyTake() {
        assertThatThrownBy(() -> ask("last-letter", "Hello"))
                .isInstanceOf(TeacherException.class)
                .hasMessage(
                        "scripted:last-letter cannot read question q1; it takes: Take the last letters of the words in"
                                + " \"A B\" and concatenate them.");
        assertThatThrownBy(
                        () -> ask("last-letter", "Take the last letters of the words in \" \" and concatenate them."))
                .hasMessage("scripted:last-letter takes 1 to 1000 words; question q1 has 0");
        for (String text : List.of(
                "Hello",
                "A coin is heads up. Is the coin still heads up?",
                "A coin is heads up. Ada flips the coin. Then she sings. Is the coin still heads up?",
                "A coin is tails up. Ada flips the coin. Is the coin still heads up?",
                "A coin is heads up. Ada flips the coin.",
                COIN + " " + COIN)) {
            assertThatThrownBy(() -> ask("coin-flip", text))
                    .isInstanceOf(TeacherException.class)
                    .hasMessage("scripted:coin-flip cannot read question q1; it takes: A coin is heads up. X flips the"
                            + " coin. Y does not flip the coin. Is the coin still heads up?");
        }
    }

    @Test
    void oneStepGoesWrongAndTheRestFollows() throws TeacherException {
        assertThat(solve(new LastLetterProgram(), LETTERS, 1))
                .isIn(
                        letters("a", "G", "n", "aGn"),
                        letters("a", "r", "n", "arn"),
                        letters("a", "a", "n", "aan"),
                        letters("a", "c", "n", "acn"));
        assertThat(solve(new LastLetterProgram(), LETTERS, 3))
                .isIn(letters("a", "e", "n", "en"), letters("a", "e", "n", "an"), letters("a", "e", "n", "ae"));
        assertThat(solve(new CoinFlipProgram(), COIN, 0).text())
                .isEqualTo(
                        "The coin is heads up. Ada flips the coin, so it is now heads up. Grace does not flip the coin,"
                                + " so it stays heads up. The answer is yes.");
        for (int seed = 0; seed < 200; seed++) {
            Chain chain = new ArithmeticProgram()
                    .solve(
                            Question.ofText("q", "t", "(3 + 4) * 5 mod 10", null),
                            StepErrors.at(0, new SplittableRandom(seed)));
            Matcher matcher = Pattern.compile(
                            "3 \\+ 4 = (\\d+), and (\\d+) mod 10 = (\\d)\\. (\\d) \\* 5 = (\\d+), and (\\d+) mod 10 ="
                                    + " (\\d)\\.")
                    .matcher(chain.rationale());
            assertThat(matcher.matches()).isTrue();
            int wrong = Integer.parseInt(matcher.group(1));
            assertThat(wrong).isBetween(8, 16);
            assertThat(matcher.group(3)).isEqualTo(Integer.toString(wrong % 10));
            assertThat(matcher.group(5)).isEqualTo(Integer.toString(wrong % 10 * 5));
            assertThat(chain.answer()).isEqualTo(Integer.toString(wrong * 5 % 10));
        }
    }

    private static Chain solve(Program program, String text, int wrongStep) throws TeacherException {
        return program.solve(Question.ofText("q", "t", text, null), StepErrors.at(wrongStep, new SplittableRandom(7)));
    }

    private static Chain letters(String first, String second, String third, String answer) {
        return new Chain(
                "The last letter of \"Ada\" is \"" + first + "\". The last letter of \"Grace\" is \"" + second
                        + "\". The last letter of \"Alan\" is \"" + third + "\". Concatenating them gives \"" + answer
                        + "\".",
                answer);
    }

    @Test
    void errorRateIsTheShareOfWrongChainsAndIsKeyed() throws TeacherException {
        ScriptedTeacher teacher = ScriptedTeacher.of("coin-flip", 0.3);
        assertThat(teacher.name()).isEqualTo("scripted:coin-flip@2+error-rate=0.3");
        SamplingParams params = SamplingParams.none().withSeed(100L);
        int wrong = 0;
        List<TeacherSample> together = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            List<TeacherSample> samples = teacher.sample(coin(i), params, List.of(0, 1));
            together.addAll(samples);
            wrong += samples.get(0).answer().equals("no") ? 0 : 1;
        }
        // 1000 draws at 0.3: 300 with a standard deviation of 14.5; the seed makes it this very number.
        assertThat(wrong).isBetween(257, 343);
        // Alone, in another order, from another object: the same samples but for the request's usage.
        for (int i = 999; i >= 0; i -= 7) {
            TeacherSample alone = ScriptedTeacher.of("coin-flip", 0.3)
                    .sample(coin(i), params, List.of(1))
                    .get(0);
            assertThat(alone.text()).isEqualTo(together.get(2 * i + 1).text());
        }
        long different = 0;
        for (int i = 0; i < 1000; i++) {
            TeacherSample other =
                    teacher.sample(coin(i), params.withSeed(101L), List.of(0)).get(0);
            different += other.text().equals(together.get(2 * i).text()) ? 0 : 1;
        }
        assertThat(different).isGreaterThan(200);
    }

    /** A question of its own for each number. */
    private static Question coin(int number) {
        return Question.ofText(
                "q", "t", COIN.replaceFirst("heads up\\.", "heads up. N" + number + " does not flip the coin."), null);
    }

    @Test
    void withErrorRateOneEveryLastLetterAnswerIsWrong() throws TeacherException {
        for (int i = 0; i < 200; i++) {
            assertThat(ask("last-letter", 1, LETTERS, SamplingParams.none(), i).answer())
                    .isNotEqualTo("aen");
        }
    }

    @Test
    void aTokenLimitCutsTheText() throws TeacherException {
        TeacherSample sample =
                ask("last-letter", 0, LETTERS, SamplingParams.none().withMaxTokens(8), 0);
        assertThat(sample.text()).isEqualTo("The last letter of \"Ada\" is \"a\". The");
        assertThat(sample.finishReason()).isEqualTo(TeacherSample.LENGTH);
        assertThat(sample.answer()).isNull();
        assertThat(sample.rationale()).isNull();
        assertThat(sample.usage()).isEqualTo(new TokenUsage(14, 8, 1));
        assertThat(ask("last-letter", 0, LETTERS, SamplingParams.none().withMaxTokens(29), 0)
                        .finishReason())
                .isEqualTo("stop");
        assertThat(ask("last-letter", 0, LETTERS, SamplingParams.none().withMaxTokens(28), 0)
                        .finishReason())
                .isEqualTo("length");
    }

    @Test
    void stopTextsEndTheText() throws TeacherException {
        SamplingParams params = SamplingParams.none().withStop(List.of(" Concat", "nothing"));
        TeacherSample sample = ask("last-letter", 0, LETTERS, params, 0);
        assertThat(sample.text())
                .isEqualTo(
                        "The last letter of \"Ada\" is \"a\". The last letter of \"Grace\" is \"e\". The last letter of"
                                + " \"Alan\" is \"n\".");
        assertThat(sample.finishReason()).isEqualTo("stop");
        assertThat(sample.answer()).isNull();
    }

    @Test
    void severalSamplesShareTheRequestsUsage() throws TeacherException {
        List<TeacherSample> samples = ScriptedTeacher.of("last-letter", 0)
                .sample(Question.ofText("q1", "t", LETTERS, null), SamplingParams.none(), List.of(4, 2));
        assertThat(samples).extracting(TeacherSample::sampleIndex).containsExactly(4, 2);
        assertThat(samples).extracting(TeacherSample::usage).containsOnly(new TokenUsage(14, 58, 2));
    }

    @Test
    void takesAProgramOfOnesOwn() throws TeacherException {
        ScriptedTeacher teacher = new ScriptedTeacher(
                "echo@3", (question, errors) -> new Chain(errors.next() ? "Wrong." : "", question.text()), 0.5);
        assertThat(teacher.name()).isEqualTo("scripted:echo@3+error-rate=0.5");
        TeacherSample sample = teacher.sample(Question.ofText("q", "t", "hi", null), SamplingParams.none(), List.of(0))
                .get(0);
        assertThat(sample.text()).isIn("The answer is hi.", "Wrong. The answer is hi.");
    }

    @Test
    void refusesUnknownProgramsAndRates() {
        assertThatThrownBy(() -> ScriptedTeacher.of("chess", 0))
                .hasMessage("there is no scripted teacher named chess; there are last-letter, coin-flip, arithmetic");
        assertThatThrownBy(() -> ScriptedTeacher.of("arithmetic", 1.5))
                .hasMessage("the error rate must be 0 to 1, not 1.5");
        assertThatThrownBy(() -> ScriptedTeacher.of("arithmetic", Double.NaN))
                .hasMessage("the error rate must be 0 to 1, not NaN");
    }

    // ---- every published item

    /**
     * 15 of the 500 published answers and 2 of the 220 skip a word: they were made from lists of four names of which one has
     * two words ("Jose Antonio"), which the question does not show. The teacher goes by the question.
     */
    @Test
    @Tag("shared-data")
    void rightOnThePublishedLastLetters() throws IOException, TeacherException {
        Outcome published = outcome("last-letter", "last_letters/last_letters.json");
        assertThat(published.items()).isEqualTo(500);
        assertThat(published.right()).isEqualTo(485);
        assertThat(published.different()).hasSize(15).allSatisfy(ScriptedTeacherTest::aNameHasTwoWords);
        Outcome four = outcome("last-letter", "rar/last_letter_concatenation4_gpt-4.json");
        assertThat(four.items()).isEqualTo(220);
        assertThat(four.right()).isEqualTo(218);
        assertThat(four.different()).hasSize(2).allSatisfy(ScriptedTeacherTest::aNameHasTwoWords);
        assertThat(outcome("last-letter", "rar/last_letter_concatenation_gpt-4.json"))
                .isEqualTo(new Outcome(219, 219, Map.of()));
    }

    private static void aNameHasTwoWords(String question, List<String> answers) {
        String words = question.substring(question.indexOf('"') + 1, question.lastIndexOf('"'));
        assertThat(words.split(" ")).hasSize(5);
        assertThat(answers.get(0)).hasSize(4);
        assertThat(answers.get(1)).hasSize(5);
    }

    @Test
    @Tag("shared-data")
    void rightOnThePublishedCoinFlips() throws IOException, TeacherException {
        assertThat(outcome("coin-flip", "coin_flip/coin_flip.json")).isEqualTo(new Outcome(500, 500, Map.of()));
        assertThat(outcome("coin-flip", "rar/coin_val_gpt-4.json")).isEqualTo(new Outcome(220, 220, Map.of()));
    }

    /** How a program does on a file, with the published answer and ours where they differ. */
    private record Outcome(int items, int right, Map<String, List<String>> different) {}

    private static Outcome outcome(String program, String file) throws IOException, TeacherException {
        Assumptions.assumeTrue(System.getenv("RETORT_DATA") != null, "RETORT_DATA is not set: needs shared data");
        JsonNode root = Rows.mapper().readTree(Files.readString(Path.of(System.getenv("RETORT_DATA"), file)));
        JsonNode rows = root.has("examples") ? root.get("examples") : root;
        Map<String, List<String>> different = new LinkedHashMap<>();
        int right = 0;
        for (JsonNode row : rows) {
            String published = row.get("answer").textValue();
            String ours = ask(program, row.get("question").textValue()).answer();
            if (ours.equals(published)) {
                right++;
            } else {
                different.put(row.get("question").textValue(), List.of(published, ours));
            }
        }
        return new Outcome(rows.size(), right, different);
    }
}
