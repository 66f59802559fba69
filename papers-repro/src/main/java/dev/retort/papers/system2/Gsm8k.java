package dev.retort.papers.system2;

import com.fasterxml.jackson.databind.node.TextNode;
import dev.retort.data.DataCatalogue;
import dev.retort.data.Message;
import dev.retort.data.Question;
import dev.retort.papers.DataRows;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * GSM8K (Cobbe et al. 2021, arXiv 2110.14168): 7,473 training and 1,319 test questions. The reference is the number behind
 * {@code ####} without the commas of its thousands; the extra field solution holds the whole answer.
 */
public final class Gsm8k {

    static final String TASK = "gsm8k";

    private static final Pattern ANSWER = Pattern.compile("#### (-?[0-9][0-9,]*+)\\s*+$");

    private Gsm8k() {}

    /**
     * The questions of a split, in the order of the file.
     *
     * @param split train or test
     * @throws IOException where the file is missing or not as described
     */
    public static List<Question> questions(DataCatalogue catalogue, String split) throws IOException {
        String file =
                switch (split) {
                    case "train" -> "train.jsonl.gz";
                    case "test" -> "test.jsonl";
                    default -> throw new IllegalArgumentException(
                            "GSM8K has no split '" + split + "'; splits: train, test");
                };
        return DataRows.lines(catalogue, "gsm8k", file, (index, row) -> {
            String solution = DataRows.text(row, "answer");
            Matcher answer = ANSWER.matcher(solution);
            if (!answer.find()) {
                throw new IllegalArgumentException("answer does not end in \"#### \" and a number");
            }
            return new Question(
                    TASK + "-" + split + "-" + index,
                    TASK,
                    List.of(Message.user(DataRows.text(row, "question"))),
                    answer.group(1).replace(",", ""),
                    Map.of("solution", TextNode.valueOf(solution)));
        });
    }
}
