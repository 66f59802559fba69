package dev.retort.notebook;

import dev.retort.batch.TokenBatch;
import dev.retort.batch.TokenExample;
import dev.retort.batch.Tokenizer;
import dev.retort.data.Example;
import dev.retort.data.TeacherSample;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
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

    /** A batch token by token, coloured by what carries loss. */
    public static TokenRows batch(TokenBatch batch, Tokenizer tokenizer) {
        long inputs = batch.examples().stream().mapToLong(TokenExample::length).sum();
        return TokenRows.of(batch.examples(), tokenizer, batch.tokens() > inputs);
    }

    /**
     * Examples token by token as they would lie in one batch, coloured by what carries loss. They are taken for a decoder-only
     * model's where every label is missing or stands beside its own token, else for an encoder-decoder's.
     */
    public static TokenRows batch(List<TokenExample> examples, Tokenizer tokenizer) {
        return TokenRows.of(examples, tokenizer, !examples.stream().allMatch(Tables::labelsItsInput));
    }

    private static boolean labelsItsInput(TokenExample example) {
        return example.labels().length == example.length()
                && IntStream.range(0, example.length())
                        .allMatch(t -> example.labels()[t] == TokenExample.IGNORED
                                || example.labels()[t] == example.input()[t]);
    }

    /**
     * How much each kind of example would weigh in one mean over all words, and how much it weighs where every kind is a mean
     * of its own: task, words, share, weight.
     */
    public static Table shares(List<Example> examples) {
        Map<String, Integer> words = new TreeMap<>();
        for (Example example : examples) {
            words.merge(example.kind(), example.completion().strip().split("\\s+").length, Integer::sum);
        }
        double all = words.values().stream().mapToInt(Integer::intValue).sum();
        StringColumn kinds = StringColumn.create("task");
        IntColumn counts = IntColumn.create("words to learn");
        StringColumn together = StringColumn.create("weight in one mean over all words");
        StringColumn apart = StringColumn.create("weight in a mean of its own");
        words.forEach((kind, count) -> {
            kinds.append(kind);
            counts.append(count);
            together.append(String.format(Locale.ROOT, "%.1f %%", 100 * count / all));
            apart.append(String.format(Locale.ROOT, "%.1f %%", 100.0 / words.size()));
        });
        return Table.create("shares", kinds, counts, together, apart);
    }
}
