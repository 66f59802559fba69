package dev.retort.filter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retort.answer.AnswerText;
import dev.retort.answer.MajorityVote;
import dev.retort.answer.VoteRule;
import dev.retort.data.Question;
import dev.retort.data.TeacherSample;
import java.util.List;
import org.junit.jupiter.api.Test;

class OutputConsistencyFilterTest {

    private static final MajorityVote STRICT = new MajorityVote(new VoteRule.StrictMajority(), AnswerText::relaxed);
    private static final MajorityVote PLURALITY = new MajorityVote(new VoteRule.Plurality(), AnswerText::relaxed);

    private static List<String> judge(OutputConsistencyFilter filter, String... answers) {
        return Samples.words(filter.judge(Samples.QUESTION, Samples.answers(answers)));
    }

    @Test
    void strictMajorityKeepsWhatMoreThanHalfSay() {
        assertThat(judge(new OutputConsistencyFilter(STRICT), "Yes", "no", "yes.", "\"yes\"", null))
                .containsExactly("kept", "minority", "kept", "kept", "no-answer");
        assertThat(judge(new OutputConsistencyFilter(STRICT), "yes", "no", "yes", "no"))
                .containsExactly("no-majority", "no-majority", "no-majority", "no-majority");
        // Two of four is not more than half: samples without an answer count in the total.
        assertThat(judge(new OutputConsistencyFilter(STRICT), "yes", "yes", null, ""))
                .containsExactly("no-majority", "no-majority", "no-majority", "no-majority");
    }

    @Test
    void pluralityDropsTies() {
        assertThat(judge(new OutputConsistencyFilter(PLURALITY), "a", "b", "b", "c", null))
                .containsExactly("minority", "kept", "kept", "minority", "no-answer");
        assertThat(judge(new OutputConsistencyFilter(PLURALITY), "a", "b", "b", "a", "c"))
                .containsOnly("no-majority");
    }

    @Test
    void aFractionIsOfAllThatWereAsked() {
        MajorityVote sixty = new MajorityVote(new VoteRule.AtLeast(0.6), AnswerText::relaxed);
        assertThat(judge(new OutputConsistencyFilter(sixty), "a", "a", "a", "b", "c"))
                .containsExactly("kept", "kept", "kept", "minority", "minority");
        assertThat(judge(new OutputConsistencyFilter(sixty, 6), "a", "a", "a", "b", "c"))
                .containsOnly("no-majority");
        assertThat(judge(new OutputConsistencyFilter(STRICT, 5), "a", "a")).containsOnly("no-majority");
        assertThat(judge(new OutputConsistencyFilter(STRICT), "a", "a")).containsOnly("kept");
    }

    @Test
    void truncatedSamplesVoteForNothing() {
        List<TeacherSample> samples = List.of(
                Samples.sample("q1", 0, "x", "a", "stop"),
                Samples.sample("q1", 1, "x", "b", "length"),
                Samples.sample("q1", 2, "x", "b", "stop"),
                Samples.sample("q1", 3, "x", "a", "stop"));
        assertThat(Samples.words(new OutputConsistencyFilter(PLURALITY).judge(Samples.QUESTION, samples)))
                .containsExactly("kept", "no-answer", "minority", "kept");
    }

    @Test
    void doesNotSeeTheReference() {
        Question other = Question.ofText("q1", "t", "What is 1 + 1?", "something else");
        List<TeacherSample> samples = Samples.answers("2", "2", "3");
        assertThat(new OutputConsistencyFilter(STRICT).judge(other, samples))
                .isEqualTo(new OutputConsistencyFilter(STRICT).judge(Samples.QUESTION, samples));
    }

    @Test
    void noSamplesNoVerdicts() {
        assertThat(judge(new OutputConsistencyFilter(STRICT))).isEmpty();
    }
}
