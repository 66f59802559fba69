package dev.retort.answer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class RationaleParserTest {

    private static final RationaleParser PLAIN = new RationaleParser("Q:", "A:", "So the answer is", true, false);
    private static final RationaleParser CHOICE = new RationaleParser("Q:", "A:", "So the answer is", true, true);
    private static final RationaleParser EQUATION = new RationaleParser("Q:", "A:", "The answer is", true, false);
    private static final RationaleParser NO_STOP =
            new RationaleParser("Premise:", "Reasonings:", "Answer:", false, false);

    private static RationaleAndLabel parsed(String rationale, String label) {
        return new RationaleAndLabel.Parsed(rationale, label);
    }

    private static RationaleAndLabel unparsed(String reason) {
        return new RationaleAndLabel.Unparsed(reason);
    }

    @Test
    void cutsAtThePhraseAndAtTheNextQuestion() {
        assertThat(PLAIN.parse(" Two and two. So the answer is 4.\n\nQ: More?\nA: No. So the answer is 5.", false))
                .isEqualTo(parsed("Two and two.", "4"));
        assertThat(PLAIN.parse("Why? Q: inline. So the answer is 4", false)).isEqualTo(parsed("Why? Q: inline.", "4"));
        assertThat(PLAIN.parse("One.\nTwo.\nSo the answer is\nfour.\nI hope this helps.", false))
                .as("a label is one line")
                .isEqualTo(parsed("One.\nTwo.", "four"));
        assertThat(PLAIN.parse("A: One. So the answer is 4.", false))
                .as("an echo of the header")
                .isEqualTo(parsed("One.", "4"));
        assertThat(PLAIN.parse("\u00a0R.\u0085 So the answer is\u00a04\u00a0", false))
                .isEqualTo(parsed("R.", "4"));
    }

    @Test
    void oneFinalFullStopGoesWhereTheLayoutPutsIt() {
        assertThat(PLAIN.parse("R. So the answer is etc..", false)).isEqualTo(parsed("R.", "etc."));
        assertThat(PLAIN.parse("R. So the answer is 3.14.", false)).isEqualTo(parsed("R.", "3.14"));
        assertThat(PLAIN.parse("R. So the answer is good luck!", false)).isEqualTo(parsed("R.", "good luck!"));
        assertThat(NO_STOP.parse("R.\nAnswer: u.s.\n\nPremise: P\nAnswer: no", false))
                .isEqualTo(parsed("R.", "u.s."));
    }

    @Test
    void whatHasNotTheFormSaysWhy() {
        assertThat(PLAIN.parse("", false)).isEqualTo(unparsed("no-connecting-phrase"));
        assertThat(PLAIN.parse("Q: more? A. So the answer is 4.", false)).isEqualTo(unparsed("no-connecting-phrase"));
        assertThat(PLAIN.parse("R, so the answer is 4.", false)).isEqualTo(unparsed("no-connecting-phrase"));
        assertThat(PLAIN.parse("R. So the answer isn't clear.", false)).isEqualTo(unparsed("no-connecting-phrase"));
        assertThat(PLAIN.parse("So the answer isn't 3. So the answer is 4.", false))
                .isEqualTo(parsed("So the answer isn't 3.", "4"));
        assertThat(PLAIN.parse("R. So the answer is 3. No. So the answer is 4.", false))
                .isEqualTo(unparsed("repeated-connecting-phrase"));
        assertThat(PLAIN.parse(" So the answer is 4.", false)).isEqualTo(unparsed("empty-rationale"));
        assertThat(PLAIN.parse("A: So the answer is 4.", false)).isEqualTo(unparsed("empty-rationale"));
        assertThat(PLAIN.parse("R. So the answer is .", false)).isEqualTo(unparsed("empty-label"));
        assertThat(PLAIN.parse("R. So the answer is\n\nQ: More?", false)).isEqualTo(unparsed("empty-label"));
        assertThatThrownBy(() -> new RationaleParser("Q:", "A:", " ", true, false))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("headers and connecting phrase must not be blank");
    }

    @Test
    void aChoiceIsTheTextBehindItsLetter() {
        assertThat(CHOICE.parse("R. So the answer is (b) populated areas.\n\nQ: (a) x", false))
                .isEqualTo(parsed("R.", "populated areas"));
        assertThat(CHOICE.parse("R. So the answer is either (a) lake or (b) pond.", false))
                .as("the authors' rule")
                .isEqualTo(parsed("R.", "lake or"));
        assertThat(CHOICE.parse("R. So the answer is one of these.", false)).isEqualTo(unparsed("no-choice"));
        assertThat(CHOICE.parse("R. So the answer is (b)", false)).isEqualTo(unparsed("no-choice"));
        assertThat(CHOICE.parse("R. So the answer is (b) .", false)).isEqualTo(unparsed("empty-label"));
        assertThat(CHOICE.parse("R. So the answer is", false)).isEqualTo(unparsed("empty-label"));
        assertThat(PLAIN.parse("R. So the answer is (b) pond.", false)).isEqualTo(parsed("R.", "(b) pond"));
    }

    @Test
    void aCutOffLabelCountsOnlyWhereSomethingFollowsIt() {
        assertThat(PLAIN.parse("R. So the answer is 4.\n\nQ: What is", true)).isEqualTo(parsed("R.", "4"));
        assertThat(PLAIN.parse("R. So the answer is 4.\n", true)).isEqualTo(parsed("R.", "4"));
        assertThat(PLAIN.parse("R. So the answer is 4.", true)).isEqualTo(unparsed("truncated"));
        assertThat(PLAIN.parse("R. So the answer is\n", true)).isEqualTo(unparsed("truncated"));
        assertThat(PLAIN.parse("R. So the ans", true)).isEqualTo(unparsed("truncated"));
        assertThat(PLAIN.parse("R.\nQ: More?", true)).isEqualTo(unparsed("no-connecting-phrase"));
        assertThat(PLAIN.parse("R. So the answer is 3. So the answer is 4.", true))
                .isEqualTo(unparsed("repeated-connecting-phrase"));
    }

    @Property(seed = "20240601")
    void anyCompletionHasBothPartsOrAReason(
            @ForAll String before, @ForAll String behind, @ForAll boolean isCutOff, @ForAll boolean choiceLetters) {
        RationaleParser parser = new RationaleParser("Q:", "A:", "So the answer is", true, choiceLetters);
        RationaleAndLabel found = parser.parse(before + "So the answer is" + behind, isCutOff);
        if (found instanceof RationaleAndLabel.Parsed both) {
            assertThat(both.rationale()).isNotBlank();
            assertThat(both.label()).isNotBlank().doesNotContain("\n");
        } else {
            assertThat(((RationaleAndLabel.Unparsed) found).reason()).isNotBlank();
        }
    }

    /** The authors' own parsers fail on 3 of 9,741, 0 of 1,221, 9 and 10 of 1,000, 4 of 9,842 and 0 of 9,824. */
    @Test
    @Tag("shared-data")
    void failsOnPalmsOutputsWhereTheAuthorsDo() throws IOException {
        assertThat(reasons(CHOICE, "cqa", "train", ".json.gz", 10)).isEqualTo(Map.of("", 9_738, "no-choice", 3));
        assertThat(reasons(CHOICE, "cqa", "test", ".json.gz", 2)).isEqualTo(Map.of("", 1_221));
        RationaleParser anli = new RationaleParser("Premise:", "Answer:", "So the answer is", true, false);
        assertThat(reasons(anli, "anli1", "valid", ".json.gz", 1))
                .isEqualTo(Map.of("", 991, "no-connecting-phrase", 9));
        assertThat(reasons(anli, "anli1", "test", ".json.gz", 1))
                .isEqualTo(Map.of("", 990, "no-connecting-phrase", 10));
        assertThat(reasons(NO_STOP, "esnli", "valid", ".json.gz", 2))
                .isEqualTo(Map.of("", 9_838, "no-connecting-phrase", 4));
        assertThat(reasons(NO_STOP, "esnli", "test", ".json.gz", 2)).isEqualTo(Map.of("", 9_824));
    }

    /**
     * The authors fail on 13 of 800: 11 without the phrase, and two equations that the token limit cut before a closing
     * parenthesis. Where they find an equation it is in our label. Told of the limit we refuse two more labels at its very
     * end: one is cut, though the authors find "((415 - 309)" in it, and one is whole.
     */
    @Test
    @Tag("shared-data")
    void findsTheAuthorsEquations() throws IOException {
        assertThat(reasons(EQUATION, "svamp", "train", ".json", 2))
                .isEqualTo(Map.of("", 789, "no-connecting-phrase", 11));
        assertThat(reasons(EQUATION, "svamp", "test", ".json", 1))
                .isEqualTo(Map.of("", 198, "no-connecting-phrase", 2));
        Pattern equation = Pattern.compile("\\(.*\\)");
        int equations = 0;
        List<String> others = new ArrayList<>();
        List<String> last = new ArrayList<>();
        Map<String, Integer> cutOff = new TreeMap<>();
        for (String output : outputs("svamp", "train", ".json", 2)) {
            RationaleAndLabel told = EQUATION.parse(output, true);
            cutOff.merge(reason(told), 1, Integer::sum);
            if (EQUATION.parse(output, false) instanceof RationaleAndLabel.Parsed parsed) {
                String theirs = output.split("Q:", 2)[0].split("The answer is", -1)[1];
                Matcher found = equation.matcher(theirs);
                if (!found.find()) {
                    others.add(parsed.label());
                } else if (parsed.label().contains(found.group())) {
                    equations++;
                }
                if (!told.equals(parsed)) {
                    last.add(parsed.label());
                }
            }
        }
        assertThat(equations).isEqualTo(787);
        assertThat(others).containsExactly("((491 - 21", "(9 + 6");
        assertThat(last).containsExactly("((491 - 21", "((415 - 309) - (41", "(9 + 6", "((438 - 178) - (18 - 55))");
        assertThat(cutOff).isEqualTo(Map.of("", 785, "no-connecting-phrase", 1, "truncated", 14));
    }

    /** Completions by reason; those that were parsed under the empty one. */
    private static Map<String, Integer> reasons(
            RationaleParser parser, String set, String split, String ending, int files) throws IOException {
        Map<String, Integer> reasons = new TreeMap<>();
        for (String output : outputs(set, split, ending, files)) {
            reasons.merge(reason(parser.parse(output, false)), 1, Integer::sum);
        }
        return reasons;
    }

    private static String reason(RationaleAndLabel found) {
        return found instanceof RationaleAndLabel.Unparsed unparsed ? unparsed.reason() : "";
    }

    private static List<String> outputs(String set, String split, String ending, int files) throws IOException {
        List<String> outputs = new ArrayList<>();
        for (int file = 0; file < files; file++) {
            String path = "distilling_step_by_step/" + set + "/llm/" + split + "_CoT_" + file + ending;
            for (JsonNode output : AnswerGolden.sharedJson(AnswerGolden.shared(path))) {
                outputs.add(output.asText());
            }
        }
        return outputs;
    }
}
