package dev.retort.papers.system2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.data.DataCatalogue;
import dev.retort.data.Question;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class Gsm8kTest {

    @TempDir
    Path folder;

    @Test
    void theReferenceIsTheNumberWithoutCommas() throws IOException {
        DataCatalogue catalogue = SmallData.of(
                folder,
                "gsm8k",
                "test.jsonl",
                "{\"question\":\"Q\",\"answer\":\"#### 1. is a heading\\n#### 1,080\"}\n"
                        + "{\"question\":\"R\",\"answer\":\"x\\n#### -5 \"}\n");
        List<Question> questions = Gsm8k.questions(catalogue, "test");
        assertThat(questions).extracting(Question::reference).containsExactly("1080", "-5");
        assertThat(questions).extracting(Question::id).containsExactly("gsm8k-test-0", "gsm8k-test-1");
        assertThat(questions.get(1).text()).isEqualTo("R");
        assertThat(questions.get(1).extra().get("solution").textValue()).isEqualTo("x\n#### -5 ");
    }

    @Test
    void refusesAnAnswerWithoutANumber() throws IOException {
        for (String answer : List.of("12", "#### ", "#### five", "#### 5 apples", "#### 5\\n")) {
            DataCatalogue catalogue =
                    SmallData.of(folder, "gsm8k", "test.jsonl", "{\"question\":\"Q\",\"answer\":\"" + answer + "x\"}");
            assertThatThrownBy(() -> Gsm8k.questions(catalogue, "test"))
                    .isInstanceOf(IOException.class)
                    .hasMessage("gsm8k/test.jsonl: row 1: answer does not end in \"#### \" and a number");
        }
        assertThatThrownBy(() -> Gsm8k.questions(DataCatalogue.standard(), "valid"))
                .hasMessage("GSM8K has no split 'valid'; splits: train, test");
    }

    @Test
    @Tag("shared-data")
    void theSplitsAreAsPublishedAndShareNoQuestion() throws IOException {
        DataCatalogue catalogue = SmallData.shared();
        List<Question> train = Gsm8k.questions(catalogue, "train");
        List<Question> test = Gsm8k.questions(catalogue, "test");
        assertThat(List.of(train.size(), test.size())).containsExactly(7473, 1319);
        assertThat(train).allMatch(question -> question.reference().matches("-?[0-9]+"));
        assertThat(test).allMatch(question -> question.reference().matches("-?[0-9]+"));
        Set<String> texts = new HashSet<>();
        train.forEach(question -> texts.add(question.text()));
        assertThat(texts).hasSize(7473);
        assertThat(test).noneMatch(question -> texts.contains(question.text()));
    }
}
