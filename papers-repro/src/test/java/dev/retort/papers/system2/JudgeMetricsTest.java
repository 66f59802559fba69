package dev.retort.papers.system2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.data.Question;
import dev.retort.prompt.PromptTemplate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class JudgeMetricsTest {

    private static final PromptTemplate TEMPLATE = PromptTemplate.of("t", "{question} {answer_a} {answer_b}");

    /** Whoever is preferred by people, six ways to judge a pair. */
    private static final List<JudgeRow> ROWS = List.of(
            new JudgeRow("right", "t1", JudgeVerdict.A, JudgeVerdict.B, JudgeVerdict.A),
            new JudgeRow("wrong", "t1", JudgeVerdict.A, JudgeVerdict.B, JudgeVerdict.B),
            new JudgeRow("always first", "t2", JudgeVerdict.A, JudgeVerdict.A, JudgeVerdict.A),
            new JudgeRow("tie", "t2", JudgeVerdict.TIE, JudgeVerdict.TIE, JudgeVerdict.A),
            new JudgeRow("half a tie", "t3", JudgeVerdict.TIE, JudgeVerdict.A, JudgeVerdict.B),
            new JudgeRow("silent", "t3", JudgeVerdict.UNREADABLE, JudgeVerdict.UNREADABLE, JudgeVerdict.A),
            new JudgeRow("right too", "t1", JudgeVerdict.B, JudgeVerdict.A, JudgeVerdict.B));

    @Test
    void countsWhatItSays() {
        JudgeMetrics metrics = JudgeMetrics.of(ROWS);
        assertThat(metrics).isEqualTo(new JudgeMetrics(7, 3, 6, 4, 1, 2, 6, 9, 6));
        assertThat(metrics.agreement()).isEqualTo(2 / 7.0);
        assertThat(metrics.agreementOfConsistent()).isEqualTo(2 / 4.0);
        assertThat(metrics.agreementOfDecided()).isEqualTo(2 / 3.0);
        assertThat(metrics.agreementOfVerdicts()).isEqualTo(6 / 14.0);
        assertThat(metrics.positionConsistency()).isEqualTo(4 / 7.0);
        assertThat(metrics.firstShare()).isEqualTo(6 / 9.0);
        assertThat(JudgeMetrics.of(List.of()).agreement()).isNaN();
    }

    @Test
    void clustersByTree() {
        Map<String, JudgeMetrics> trees = JudgeMetrics.byTree(ROWS);
        assertThat(trees.keySet()).containsExactly("t1", "t2", "t3");
        assertThat(trees.get("t1")).isEqualTo(new JudgeMetrics(3, 1, 3, 3, 0, 2, 4, 6, 3));
        assertThat(JudgeMetrics.clusters(ROWS)).containsExactly(0, 0, 1, 1, 2, 2, 0);
    }

    @Test
    void aJudgeThatKnowsAlwaysAgrees() {
        List<Question> questions = questions();
        Map<String, String> verdicts = new LinkedHashMap<>();
        questions.forEach(question -> verdicts.put(question.id(), "[[" + question.reference() + "]]"));
        assertThat(JudgeMetrics.of(JudgeMetrics.rows(questions, verdicts)))
                .isEqualTo(new JudgeMetrics(20, 2, 20, 20, 0, 20, 40, 40, 20));
        questions.forEach(question -> verdicts.put(question.id(), "A"));
        assertThat(JudgeMetrics.of(JudgeMetrics.rows(questions, verdicts)))
                .as("a judge that takes the first is right once a pair and never consistent")
                .isEqualTo(new JudgeMetrics(20, 2, 20, 0, 0, 0, 20, 40, 40));
    }

    @Test
    void ordersMayComeInAnyOrder() {
        List<Question> questions = new ArrayList<>(questions());
        Map<String, String> verdicts = new LinkedHashMap<>();
        questions.forEach(question -> verdicts.put(question.id(), question.reference()));
        List<JudgeRow> rows = JudgeMetrics.rows(questions, verdicts);
        Collections.swap(questions, 0, 1);
        assertThat(JudgeMetrics.rows(questions, verdicts)).isEqualTo(rows);
    }

    @Test
    void bothOrdersAndAllVerdictsAreNeeded() {
        List<Question> questions = questions();
        Map<String, String> verdicts = new LinkedHashMap<>();
        questions.forEach(question -> verdicts.put(question.id(), ""));
        assertThat(JudgeMetrics.of(JudgeMetrics.rows(questions, verdicts)).readable())
                .isZero();
        assertThatThrownBy(() -> JudgeMetrics.rows(questions.subList(0, 3), verdicts))
                .hasMessage("pair p1 lacks one of its orders; ask both, or drop the pair");
        verdicts.remove("p0-second");
        assertThatThrownBy(() -> JudgeMetrics.rows(questions, verdicts))
                .hasMessage("question p0-second has no verdict; evaluate all questions, and put \"\" where none can be"
                        + " read");
    }

    @Test
    void readsVerdicts() {
        assertThat(List.of("A", " b", "[[C]]", "tie", "[[ A ]]", "", "[A]", "D", "A or B"))
                .map(JudgeVerdict::of)
                .containsExactly(
                        JudgeVerdict.A,
                        JudgeVerdict.B,
                        JudgeVerdict.TIE,
                        JudgeVerdict.TIE,
                        JudgeVerdict.A,
                        JudgeVerdict.UNREADABLE,
                        JudgeVerdict.UNREADABLE,
                        JudgeVerdict.UNREADABLE,
                        JudgeVerdict.UNREADABLE);
        assertThat(JudgeVerdict.of(null)).isEqualTo(JudgeVerdict.UNREADABLE);
        assertThat(JudgeVerdict.of("[[]]")).isEqualTo(JudgeVerdict.UNREADABLE);
        assertThat(JudgeVerdict.of("[[]")).isEqualTo(JudgeVerdict.UNREADABLE);
        assertThatThrownBy(() -> new JudgeRow("p", "t", JudgeVerdict.A, JudgeVerdict.A, JudgeVerdict.TIE))
                .hasMessage("pair p: the reference must be A or B, not TIE");
    }

    private static List<Question> questions() {
        List<JudgePair> pairs = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            pairs.add(new JudgePair("p" + i, "tree" + i % 2, List.of(), "?", "good", "bad"));
        }
        return JudgePairs.questions(pairs, TEMPLATE, 0);
    }
}
