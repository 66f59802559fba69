package dev.retort.notebook;

import dev.retort.batch.TokenExample;
import dev.retort.batch.Tokenizer;
import dev.retort.data.TeacherSample;
import java.util.List;
import tech.tablesaw.api.IntColumn;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/** Rows of the road as tables, to look at in a notebook. */
public final class Tables {

    private Tables() {}

    /** What a teacher was asked and what it said, one row for each sample. */
    public static Table samples(List<TeacherSample> samples) {
        StringColumn question = StringColumn.create("question");
        StringColumn rationale = StringColumn.create("rationale");
        StringColumn answer = StringColumn.create("answer");
        for (TeacherSample sample : samples) {
            question.append(sample.messages().isEmpty() ? "" : lastTurn(sample));
            rationale.append(sample.rationale() == null ? "" : sample.rationale());
            answer.append(sample.answer() == null ? "" : sample.answer());
        }
        return Table.create("", question, rationale, answer);
    }

    private static String lastTurn(TeacherSample sample) {
        return sample.messages().get(sample.messages().size() - 1).content();
    }

    /**
     * One training example token by token: what a decoder-only model reads, and where it is corrected. A label stands beside its
     * own token and is predicted from the token before it; where it is missing there is no loss.
     */
    public static Table tokens(TokenExample example, Tokenizer tokenizer) {
        if (example.labels().length != example.length()) {
            throw new IllegalArgumentException(
                    "example " + example.id() + " is for an encoder-decoder: its labels stand apart from its input");
        }
        IntColumn position = IntColumn.create("position");
        IntColumn id = IntColumn.create("id");
        StringColumn token = StringColumn.create("token");
        IntColumn label = IntColumn.create("label");
        for (int t = 0; t < example.length(); t++) {
            position.append(t);
            id.append(example.input()[t]);
            token.append(tokenizer.decodeToken(example.input()[t]));
            if (example.labels()[t] == TokenExample.IGNORED) {
                label.appendMissing();
            } else {
                label.append(example.labels()[t]);
            }
        }
        return Table.create("", position, id, token, label);
    }
}
