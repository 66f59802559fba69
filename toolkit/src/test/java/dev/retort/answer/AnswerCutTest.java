package dev.retort.answer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class AnswerCutTest {

    private static final List<String> PLACES = List.of("lake", "fish pond", "bank");

    private static Optional<String> cut(AnswerCut cut, String completion) {
        return cut.cut(completion, PLACES);
    }

    private static void cuts(AnswerCut cut, String completion, String answer) {
        assertThat(cut(cut, completion)).as(completion).isEqualTo(Optional.of(answer));
    }

    private static void cutsNothing(AnswerCut cut, String completion) {
        assertThat(cut(cut, completion)).as(completion).isEmpty();
    }

    @Test
    void namesAreKebabCase() {
        assertThat(Arrays.stream(AnswerCut.values()).map(AnswerCut::title))
                .containsExactly("whole", "last-number", "yes-no", "letters", "choice", "boxed", "verdict", "short");
        for (AnswerCut cut : AnswerCut.values()) {
            assertThat(AnswerCut.of(cut.title())).isEqualTo(cut);
        }
        assertThatThrownBy(() -> AnswerCut.of("last_number"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("unknown answer cut \"last_number\": did you mean last-number? The cuts are whole,"
                        + " last-number, yes-no, letters, choice, boxed, verdict, short");
    }

    @ParameterizedTest
    @EnumSource(AnswerCut.class)
    void nothingIsCutFromNothing(AnswerCut cut) {
        for (String blank : List.of("", " \n\t ", "\u00a0")) {
            cutsNothing(cut, blank);
            assertThat(cut.cutRestated(blank, PLACES)).isEmpty();
        }
        if (cut != AnswerCut.WHOLE) {
            cutsNothing(cut, "?");
            cutsNothing(cut, "I do not know this\u2026?");
        }
    }

    @Test
    void wholeCollapsesBlanks() {
        cuts(AnswerCut.WHOLE, "  The\n cat. ", "The cat.");
        cutsNothing(AnswerCut.WHOLE, " \n ");
    }

    @Test
    void lastNumberIsPlain() {
        cuts(AnswerCut.LAST_NUMBER, "5 + 3 = 8, so she makes $1,234.50 a day.", "1234.5");
        cuts(AnswerCut.LAST_NUMBER, "First 5.\n#### 18\nCheck: 3", "18");
        cuts(AnswerCut.LAST_NUMBER, "\\boxed{-7} since 3 < 4", "-7");
        cuts(AnswerCut.LAST_NUMBER, "18.00", "18");
        cuts(AnswerCut.LAST_NUMBER, "0", "0");
        cuts(AnswerCut.LAST_NUMBER, "3e20", "300000000000000000000");
        cuts(AnswerCut.LAST_NUMBER, "1.5e-7", "0.00000015");
        cuts(AnswerCut.LAST_NUMBER, "1/4 of it", "0.25");
        cutsNothing(AnswerCut.LAST_NUMBER, "none at all");
    }

    @Test
    void lastNumberReadsItselfAgain() {
        for (double value : new double[] {1, -2.5, 1 / 3.0, 1e-300, 1.7e308, 123456789.125, -1e15, Double.MIN_VALUE}) {
            String text =
                    AnswerCut.LAST_NUMBER.cut(Double.toString(value), List.of()).orElseThrow();
            assertThat(Double.parseDouble(text)).isEqualTo(value);
            assertThat(text).doesNotContain("E");
            assertThat(AnswerCut.LAST_NUMBER.cut(text, List.of())).contains(text);
        }
    }

    @Test
    void yesOrNoIsWhatTheLastClearSentenceSays() {
        for (String yes : List.of(
                "yes",
                "Yes.",
                " **Yes**",
                "\"yes\"",
                "\u201cYes.\u201d",
                "Yes, the coin is still heads up.",
                "yes the coin is still heads up",
                "Yes - nobody flipped it.",
                "The answer is yes because nobody flipped it.",
                "The answer (Yes or No) is Yes.",
                "Answer:\nYes",
                "Is the coin still heads up? Yes.",
                "No one flips it. So the answer is: yes",
                "No, wait. Two flips cancel out.\n\nFinal answer: **Yes**",
                "It is heads up (yes). Is there anything else?",
                "Therefore, yes, it is.")) {
            cuts(AnswerCut.YES_NO, yes, "yes");
        }
        for (String no : List.of(
                "no",
                "No.",
                "NO!",
                "'no'",
                "No, the coin is not heads up.",
                "no because it was flipped",
                "So the answer is \"no\" for this coin.",
                "The answer would be no.",
                "Yes? No.",
                "Answer yes or no: no.",
                "The coin is tails up: no.")) {
            cuts(AnswerCut.YES_NO, no, "no");
        }
    }

    @Test
    void unclearYesOrNoIsNone() {
        for (String unclear : List.of(
                "The coin is still heads up.",
                "The coin is no longer heads up.",
                "The answer is no longer clear.",
                "No one flips the coin.",
                "There is no change",
                "Yes or no?",
                "Is it yes?",
                "yes and no",
                "Yes/No",
                "It is \"yes\", or \"no\".",
                "The answer is yes, not no.",
                "Respond with yes or no.",
                "Say \"yes\" if it is heads up; otherwise, say \"no\".",
                "If it is tails up, the answer is no.",
                "We ask whether the answer is no.",
                "yesterday, nobody",
                "yes-man",
                "a no-go.",
                "Noah, Yesenia.")) {
            cutsNothing(AnswerCut.YES_NO, unclear);
        }
    }

    @Test
    void lettersAreWhatTheConclusionGives() {
        for (String aen : List.of(
                "aen",
                "AEN",
                "\"aen\"",
                " 'aen'. ",
                "**aen**",
                "The answer is aen.",
                "The answer is \"aen\"",
                "So, the final answer is \"aen\". I hope that helps!",
                "Answer: aen",
                "**Answer:**\n\naen",
                "The answer would be 'aen'.",
                "The answer is aen, because these are the last letters.",
                "The last letter of \"Ada\" is \"a\", the last of \"Grace\" is \"e\". Concatenating them gives"
                        + " \"aen\".",
                "Concatenating these letters together gives us the string \"aen\".",
                "Putting them together gives: aen",
                "Concatenated, the result is \"aen\".",
                "Concatenating these letters results in \u201caen\u201d.",
                "The concatenation of these letters is aen.",
                "When we concatenate them we get \"aen\".",
                "The last letter of \"Ada\" is \"a\" and the last letter of \"Grace\" is \"e\", so joining them with"
                        + " \"n\" gives \"aen\".",
                "What are the last letters of \"Ada\", \"Grace\", \"Alan\"? Together: \"aen\".",
                "The letters are a, e and n.\n\"a\" + \"e\" + \"n\" = \"aen\"")) {
            cuts(AnswerCut.LETTERS, aen, "aen");
        }
        cuts(AnswerCut.LETTERS, "Answer: \u00c9\u00d1", "\u00e9\u00f1");
        cuts(AnswerCut.LETTERS, "gives \"a\". The answer is \"b\".", "b");
    }

    @Test
    void lettersAreNotTakenFromQuestionsStepsAndExamples() {
        for (String unclear : List.of(
                "Take the last letters of the words in \"Ada Grace Alan\" and concatenate them.",
                "What are the last letters of \"Ada\" and \"Grace\"?",
                "Join the last letters of the words \"Ada\" and \"Grace\".",
                "Join what ends \"Ada\" and \"Grace\".",
                "The last letter of \"Ada\" is \"a\". The last letter of \"Grace\" is \"e\".",
                "Taking the last letter of \"Ada\" gives \"a\".",
                "For example, \"Apple\" and \"Banana\" gives \"ea\".",
                "This would result in \"ea\".",
                "The answer is obtained by joining the letters",
                "The letters we have are \"a\", \"e\" and \"n\".",
                "So we have \"a\" and \"e\".",
                "The answer is the following string:",
                "This process is known as concatenation.",
                "The two words a e",
                "ae en")) {
            cutsNothing(AnswerCut.LETTERS, unclear);
        }
    }

    @Test
    void choicesAreTextsOfOptions() {
        cuts(AnswerCut.CHOICE, "So the answer is (b).", "fish pond");
        cuts(AnswerCut.CHOICE, "bank", "bank");
        cutsNothing(AnswerCut.CHOICE, "The answer is (a) or (b).");
        assertThatThrownBy(() -> AnswerCut.CHOICE.cut("a", List.of()))
                .hasMessage("the cut choice needs the question's choices, and there are none");
    }

    @Test
    void boxedIsTheLastBox() {
        cuts(AnswerCut.BOXED, "\\boxed{1} then \\boxed{ \\frac{1}{2} }.", "\\frac{1}{2}");
        cutsNothing(AnswerCut.BOXED, "The answer is 5.");
        cutsNothing(AnswerCut.BOXED, "\\boxed{ }");
        cutsNothing(AnswerCut.BOXED, "\\boxed{1");
    }

    @Test
    void verdictsAgreeOrAreNone() {
        cuts(AnswerCut.VERDICT, "Response A is better. [[A]]", "A");
        cuts(AnswerCut.VERDICT, "My verdict: \"[[b]]\". Again: [[B]]", "B");
        cuts(AnswerCut.VERDICT, "[[C]]", "tie");
        cuts(AnswerCut.VERDICT, "[[ tie ]] and [[C]]", "tie");
        cuts(AnswerCut.VERDICT, "A is longer.\n\n**B**\n ", "B");
        cuts(AnswerCut.VERDICT, "A", "A");
        cuts(AnswerCut.VERDICT, "(B).", "B");
        cuts(AnswerCut.VERDICT, "Both are fine.\nTie.", "tie");
        for (String unclear : List.of(
                "[[A]] if A is better, [[B]] if B is better. [[A]]",
                "[[A]]\n[[tie]]",
                "A is better",
                "A\nI am sure.",
                "C",
                "a",
                "A or B",
                "A B",
                "[[D]]")) {
            cutsNothing(AnswerCut.VERDICT, unclear);
        }
    }

    @Test
    void shortAnswersAreOneLine() {
        cuts(AnswerCut.SHORT, "Paris\nIt is the capital.", "Paris");
        cuts(AnswerCut.SHORT, "\n  The  Eiffel Tower. ", "The Eiffel Tower.");
        cuts(AnswerCut.SHORT, "Let me think.\n**Answer:** Paris\nNote: the answer is not Lyon.", "Paris");
        cuts(AnswerCut.SHORT, "Final answer:\n\n**Paris**\n", "Paris");
        cuts(AnswerCut.SHORT, "I believe the answer is: Paris", "Paris");
        cuts(AnswerCut.SHORT, "My answer: Paris, of course", "Paris, of course");
        cutsNothing(AnswerCut.SHORT, "What is the capital?");
        cutsNothing(AnswerCut.SHORT, "Paris. The answer is");
    }

    @Test
    void aRestatedQuestionIsNoAnswer() {
        String question =
                "Rephrased: Ada has 3 eggs and sells 2 for $5. Is the answer: 2? Where is she, (a) lake or (b) bank";
        for (AnswerCut cut : AnswerCut.values()) {
            assertThat(cut.cutRestated(question, PLACES)).as(cut.title()).isEmpty();
        }
        assertThat(AnswerCut.LAST_NUMBER.cutRestated(question + "\nAnswer: 5 - 2 = 3", PLACES))
                .contains("3");
        assertThat(AnswerCut.LAST_NUMBER.cutRestated("With 3 eggs. #### 4", PLACES))
                .contains("4");
        assertThat(AnswerCut.LAST_NUMBER.cutRestated("With 3 eggs. So \\boxed{4}", PLACES))
                .contains("4");
        assertThat(AnswerCut.LAST_NUMBER.cutRestated("With 3 eggs. **Response:**\n4.", PLACES))
                .contains("4");
        assertThat(AnswerCut.CHOICE.cutRestated(question + "\nThe answer is (c).", PLACES))
                .contains("bank");
        assertThat(AnswerCut.SHORT.cutRestated("What is it called\nAnswer: Paris", PLACES))
                .contains("Paris");
        assertThat(AnswerCut.SHORT.cutRestated("The capital's name\nParis", PLACES))
                .isEmpty();
        assertThat(AnswerCut.YES_NO.cutRestated("Is it heads up, yes or no? No.", PLACES))
                .contains("no");
        assertThat(AnswerCut.VERDICT.cutRestated("Which is better, A or B?\n[[B]]", PLACES))
                .contains("B");
        assertThat(AnswerCut.BOXED.cutRestated("What is x? \\boxed{x}", PLACES)).contains("x");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "no ",
                "yes,",
                "answer ",
                "answer is ",
                "answer: \n",
                "concatenating ",
                "concatenate is ",
                "gives the ",
                "\"a\" ",
                "\"",
                "'a",
                "[[",
                "[[A]] ",
                "(",
                "*",
                " ",
                "\n",
                ".",
                "?",
                "1",
                "1 ",
                "\\boxed{",
                "response 1: ",
                "####",
                "a"
            })
    void longCompletionsTakeLinearTime(String part) {
        String text = part.repeat(100_000 / part.length());
        Assertions.assertTimeoutPreemptively(Duration.ofSeconds(60), () -> {
            for (AnswerCut cut : AnswerCut.values()) {
                assertThat(cut.cut(text, PLACES)).isNotNull();
                assertThat(cut.cutRestated(text + "x", PLACES)).isNotNull();
            }
        });
    }

    /** GPT-4's rephrasings (uclaml/Rephrase-and-Respond) hold no answers. */
    @Test
    @Tag("shared-data")
    void rephrasedQuestionsOfGpt4HaveNoAnswer() throws IOException {
        List<String> wrong = new ArrayList<>();
        for (JsonNode row : AnswerGolden.sharedJson(AnswerGolden.shared("rar/coin_val_gpt-4.json"))) {
            String text = row.get("refined_question").asText();
            AnswerCut.YES_NO.cut(text, List.of()).ifPresent(answer -> wrong.add(answer + " <- " + text));
        }
        for (String file : List.of("last_letter_concatenation_gpt-4", "last_letter_concatenation4_gpt-4")) {
            for (JsonNode row : AnswerGolden.sharedJson(AnswerGolden.shared("rar/" + file + ".json"))) {
                String text = row.get("refined_question").asText();
                AnswerCut.LETTERS.cut(text, List.of()).ifPresent(answer -> wrong.add(answer + " <- " + text));
            }
        }
        assertThat(wrong).isEmpty();
    }
}
