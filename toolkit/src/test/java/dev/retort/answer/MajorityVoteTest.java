package dev.retort.answer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class MajorityVoteTest {

    private static final MajorityVote STRICT = new MajorityVote(new VoteRule.StrictMajority(), AnswerText::relaxed);
    private static final MajorityVote PLURALITY = new MajorityVote(new VoteRule.Plurality(), AnswerText::relaxed);

    @Test
    void strictMajorityNeedsMoreThanHalf() {
        assertThat(STRICT.of(List.of("a", "b", "a")).winner()).hasValue("a");
        assertThat(STRICT.of(List.of("a", "b", "a", "c")).winner()).isEmpty();
        assertThat(STRICT.of(Arrays.asList("a", null, "a", " ")).winner()).isEmpty();
        assertThat(STRICT.of(List.of()).winner()).isEmpty();
    }

    @Test
    void pluralityDropsTies() {
        assertThat(PLURALITY.of(List.of("a", "b", "a", "c")).winner()).hasValue("a");
        assertThat(PLURALITY.of(List.of("a", "b", "b", "a", "c")).winner()).isEmpty();
        assertThat(PLURALITY.of(Arrays.asList(null, null, "a")).winner()).hasValue("a");
        assertThat(PLURALITY.of(Arrays.asList(null, null)).winner()).isEmpty();
    }

    @Test
    void aFractionIsOfAllSamples() {
        MajorityVote vote = new MajorityVote(new VoteRule.AtLeast(0.6), AnswerText::relaxed);
        assertThat(vote.of(List.of("a", "a", "a", "b", "c")).winner()).hasValue("a");
        assertThat(vote.of(Arrays.asList("a", "a", null, "b", null)).winner()).isEmpty();
        MajorityVote half = new MajorityVote(new VoteRule.AtLeast(0.5), AnswerText::relaxed);
        assertThat(half.of(List.of("a", "a", "b", "b")).winner()).isEmpty();
    }

    @Test
    void theFirstSpellingIsTheAnswer() {
        Vote vote = STRICT.of(Arrays.asList("Heads.", "tails", "\"heads\"", null, "HEADS"));
        assertThat(vote.winner()).isEqualTo(Optional.of("Heads."));
        assertThat(vote.votes()).isEqualTo(3);
        assertThat(vote.total()).isEqualTo(5);
        assertThat(vote.agreement()).isEqualTo(0.6);
        assertThat(vote.counts()).containsExactly(Map.entry("heads", 3), Map.entry("tails", 1));
        assertThat(STRICT.of(List.of()).agreement()).isEqualTo(0);
    }

    @Test
    void mathAnswersGroupByTheirCanonicalForm() {
        MajorityVote vote = new MajorityVote(new VoteRule.StrictMajority(), MathEquivalence::canonical);
        assertThat(vote.of(List.of("\\frac{1}{2}", "0.5", "2", "\\frac24")).winner())
                .hasValue("\\frac{1}{2}");
    }

    @Test
    void rangesAreChecked() {
        assertThatThrownBy(() -> new VoteRule.AtLeast(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("vote fraction 0.0 is not in (0, 1]");
        assertThatThrownBy(() -> new VoteRule.AtLeast(Double.NaN)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new VoteRule.Plurality().decided(List.of(2, 2), 3, 5))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("votes 4, asked 3, total 5: each must be at most the next");
        assertThatThrownBy(() -> STRICT.decided(List.of("a", "b"), 1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void decidedAsSoonAsNothingCanChange() {
        assertThat(STRICT.decided(List.of("a", "a"), 4)).isFalse();
        assertThat(STRICT.decided(List.of("a", "a", "a"), 4)).isTrue();
        assertThat(STRICT.decided(List.of("a", "b", "c"), 5)).isFalse();
        assertThat(STRICT.decided(Arrays.asList("a", "b", null), 4)).isTrue();
        assertThat(PLURALITY.decided(List.of("a", "a"), 3)).isTrue();
        assertThat(PLURALITY.decided(List.of("a", "a"), 4)).isFalse();
        assertThat(PLURALITY.decided(List.of(), 0)).isTrue();
    }

    @Provide
    Arbitrary<VoteRule> rules() {
        return Arbitraries.of(
                new VoteRule.StrictMajority(),
                new VoteRule.Plurality(),
                new VoteRule.AtLeast(0.2),
                new VoteRule.AtLeast(0.4),
                new VoteRule.AtLeast(0.6),
                new VoteRule.AtLeast(1));
    }

    /** Against all ways the missing samples can turn out. */
    @Property(seed = "20240601")
    void decidedExactlyWhenAllContinuationsAgree(
            @ForAll("rules") VoteRule rule,
            @ForAll @Size(max = 6) List<@IntRange(min = 0, max = 3) Integer> drawn,
            @ForAll @IntRange(min = 0, max = 4) int missing) {
        MajorityVote vote = new MajorityVote(rule, answer -> answer);
        List<String> soFar = new ArrayList<>();
        drawn.forEach(answer -> soFar.add(answer == 0 ? null : "answer " + answer));
        Set<Optional<String>> verdicts = new LinkedHashSet<>();
        collect(vote, soFar, missing, verdicts);
        assertThat(vote.decided(soFar, drawn.size() + missing)).isEqualTo(verdicts.size() == 1);
    }

    private static void collect(MajorityVote vote, List<String> soFar, int missing, Set<Optional<String>> verdicts) {
        if (missing == 0) {
            verdicts.add(vote.of(soFar).winner());
            return;
        }
        for (String next : Arrays.asList(null, "answer 1", "answer 2", "answer 3", "new")) {
            List<String> longer = new ArrayList<>(soFar);
            longer.add(next);
            collect(vote, longer, missing - 1, verdicts);
        }
    }

    @Property(seed = "20240601")
    void theOrderOfSamplesDoesNotMatter(@ForAll("rules") VoteRule rule, @ForAll @Size(max = 8) List<Boolean> drawn) {
        MajorityVote vote = new MajorityVote(rule, answer -> answer);
        List<String> answers =
                new ArrayList<>(drawn.stream().map(String::valueOf).toList());
        Optional<String> winner = vote.of(answers).winner();
        Collections.reverse(answers);
        assertThat(vote.of(answers).winner()).isEqualTo(winner);
    }
}
