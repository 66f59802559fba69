package dev.retort.answer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChoiceAnswerTest {

    private static final List<String> CHOICES =
            List.of("race track", "populated areas", "the desert", "apartment", "roadblock");

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "Only (c) and (d) are dry. So the answer is (b) populated areas. | 1",
                "So the answer is (b). | 1",
                "So the answer is b | 1",
                "The answer is: **B** | 1",
                "The answer is **(b)** populated areas | 1",
                "Answer: B. populated areas | 1",
                "The answer is option (b), since people are there | 1",
                "the correct answer is \"populated areas\" | 1",
                "The answer is Populated Areas. | 1",
                "(b) populated areas | 1",
                "b) populated areas | 1",
                "B: populated areas | 1",
                "B | 1",
                "desert | 2",
                "The answer is a desert. | 2",
                "The answer is D because it is home | 3",
                "The answer is the apartment he lives in | 3",
                "The answer is (a) populated areas. | 1",
                "The answer is (a) populated. | 0",
                "The answer is (z) roadblock. | 4",
                "Not (a), as it is loud; I would take (d) | 3",
                "The answer is (a) race track.\\nNo: the answer is (e) roadblock. | 4",
            })
    void picks(String completion, int index) {
        String text = completion.replace("\\n", "\n");
        assertThat(ChoiceAnswer.index(text, CHOICES)).hasValue(index);
        assertThat(ChoiceAnswer.choice(text, CHOICES)).hasValue(CHOICES.get(index));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "I do not know.",
                "The answer is (z).",
                "The answer is unclear",
                "race track or roadblock",
                "A man",
                "The answer is (a) race track or (d) apartment."
            })
    void picksNothing(String completion) {
        assertThat(ChoiceAnswer.index(completion, CHOICES)).isEmpty();
        assertThat(ChoiceAnswer.choice(completion, CHOICES)).isEmpty();
    }

    @Test
    void equalChoicesAreToldApartByTheLetter() {
        assertThat(ChoiceAnswer.index("The answer is (b) bank.", List.of("bank", "bank")))
                .hasValue(1);
        assertThat(ChoiceAnswer.index("The answer is (a) -5.", List.of("-5", "5")))
                .hasValue(0);
        assertThat(ChoiceAnswer.index("The answer is 5.", List.of("-5", "5"))).hasValue(1);
    }

    @Test
    void optionTextFollowsTheFirstLetter() {
        assertThat(ChoiceAnswer.optionText(" (b) populated areas.")).hasValue("populated areas");
        assertThat(ChoiceAnswer.optionText(" (b) either (c) or not")).hasValue("either");
        assertThat(ChoiceAnswer.optionText("(b)")).isEmpty();
        assertThat(ChoiceAnswer.optionText(" b populated areas.")).isEmpty();
    }

    @Property(seed = "20240601")
    void anyTextPicksAChoiceOrNone(@ForAll String completion, @ForAll @Size(max = 5) List<String> choices) {
        ChoiceAnswer.index(completion, choices)
                .ifPresent(index -> assertThat(index).isBetween(0, choices.size() - 1));
    }

    /** What PaLM picked for CommonsenseQA: by the text of the option (the authors' rule), and by text or letter. */
    @Test
    @Tag("shared-data")
    void teacherAccuracyOnCommonsenseQa() throws IOException {
        assertThat(right("test", ".json", 2)).containsExactly(943, 959);
        assertThat(right("train", ".json.gz", 10)).containsExactly(7_234, 7_344);
    }

    private static int[] right(String split, String ending, int files) throws IOException {
        String folder = "distilling_step_by_step/cqa/";
        var rows = AnswerGolden.sharedRows(AnswerGolden.shared(folder + "cqa_" + split + ending));
        int row = 0;
        int[] right = new int[2];
        for (int file = 0; file < files; file++) {
            for (JsonNode output : AnswerGolden.sharedJson(
                    AnswerGolden.shared(folder + "llm/" + split + "_CoT_" + file + ".json.gz"))) {
                JsonNode question = rows.get(row++);
                String gold = question.get("answer").asText();
                List<String> choices = new ArrayList<>();
                question.get("choices").forEach(choice -> choices.add(choice.asText()));
                String completion = output.asText().split("Q:", 2)[0];
                String[] parts = completion.split("So the answer is", -1);
                boolean byText = parts.length == 2
                        && ChoiceAnswer.optionText(parts[1])
                                .filter(gold::equals)
                                .isPresent();
                right[0] += byText ? 1 : 0;
                right[1] += ChoiceAnswer.choice(completion, choices)
                                .filter(gold::equals)
                                .isPresent()
                        ? 1
                        : 0;
            }
        }
        return right;
    }
}
