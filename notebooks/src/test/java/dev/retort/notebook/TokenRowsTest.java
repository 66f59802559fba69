package dev.retort.notebook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.retort.batch.ExampleEncoder;
import dev.retort.batch.TokenExample;
import dev.retort.batch.Tokenizer;
import dev.retort.data.Example;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TokenRowsTest {

    private static final int NONE = TokenExample.IGNORED;

    private static final String LOSS = " style=\"background-color:#e69f0059;border-bottom:2px solid #e69f00\">";
    private static final String READ = " style=\"border-bottom:1px solid #88888866\">";
    private static final String PADDING =
            " style=\"background-image:linear-gradient(135deg,#88888844 25%,transparent 25% 50%,"
                    + "#88888844 50% 75%,transparent 75%);background-size:8px 8px;padding:0 6px\">";
    private static final String ROW =
            "<tr><td style=\"text-align:left;vertical-align:top;line-height:1.8;white-space:nowrap\">";
    private static final String TOKENS =
            "</td><td style=\"text-align:left;line-height:1.8;white-space:normal;font-family:monospace\">";

    private static final Path MODELS = Path.of(System.getProperty("basedir", ""))
            .toAbsolutePath()
            .resolveSibling("toolkit/src/test/resources/models");

    @Test
    void coloursWhatCarriesLossAndHatchesPadding() throws Exception {
        TokenExample first = new TokenExample("a\"1", "answer", 1, new int[] {3, 4, 1}, new int[] {NONE, 4, 1});
        TokenExample second = new TokenExample("b", "<i>", 0.5, new int[] {4, 3}, new int[] {4, 3});
        try (Tokenizer tokenizer = Tokenizer.ofWords(List.of("ask", "<b>&"))) {
            TokenRows rows = TokenRows.of(List.of(first, second), tokenizer, false);

            assertThat(rows.html())
                    .isEqualTo("<div>2 rows. <span" + LOSS + "carries loss: 3</span> <span" + READ
                            + "read only: 2</span> <span" + PADDING + "padding: 1</span></div>\n<table>\n"
                            + ROW + "a&quot;1 (answer)" + TOKENS
                            + "<span title=\"position 0, id 3, no label\"" + READ + "ask</span> "
                            + "<span title=\"position 1, id 4, label 4\"" + LOSS + "&lt;b&gt;&amp;</span> "
                            + "<span title=\"position 2, id 1, label 1\"" + LOSS + "&lt;eos&gt;</span> </td></tr>\n"
                            + ROW + "b (&lt;i&gt;, weight 0.5)" + TOKENS
                            + "<span title=\"position 0, id 4, label 4, no loss: nothing before it predicts it\""
                            + READ + "&lt;b&gt;&amp;</span> "
                            + "<span title=\"position 1, id 3, label 3\"" + LOSS + "ask</span> "
                            + "<span title=\"positions 2 to 2\"" + PADDING + "padding: 1</span></td></tr>\n"
                            + "</table>\n");
            assertThat(rows.toString().lines())
                    .containsExactly(
                            "2 rows. [carries loss]: 3, read only: 2, padding: 1",
                            "a\"1 (answer): ask [<b>&] [<eos>]",
                            "b (<i>, weight 0.5): <b>& [ask] | padding: 1");
        }
    }

    @Test
    void anEncoderDecoderHasItsLabelsOnALineOfTheirOwn() throws Exception {
        TokenExample first = new TokenExample("a", "answer", 1, new int[] {3, 1}, new int[] {4, NONE, 1});
        TokenExample second = new TokenExample("b", "answer", 1, new int[] {3, 3, 3, 1}, new int[] {1});
        try (Tokenizer tokenizer = Tokenizer.ofWords(List.of("ask", "say"))) {
            TokenRows rows = TokenRows.of(List.of(first, second), tokenizer, true);

            assertThat(rows.toString().lines())
                    .containsExactly(
                            "2 rows. [carries loss]: 3, read only: 7, padding: 4",
                            "a (answer) input: ask <eos> | padding: 2",
                            "a (answer) labels: [say] ∅ [<eos>]",
                            "b (answer) input: ask ask ask <eos>",
                            "b (answer) labels: [<eos>] | padding: 2");
            assertThat(rows.html())
                    .contains(ROW + "a (answer) input" + TOKENS + "<span title=\"position 0, id 3, no label\"" + READ
                            + "ask</span> <span title=\"position 1, id 1, no label\"" + READ + "&lt;eos&gt;</span> "
                            + "<span title=\"positions 2 to 3\"" + PADDING + "padding: 2</span></td></tr>\n" + ROW
                            + "a (answer) labels" + TOKENS + "<span title=\"position 0, id 4, label 4\"" + LOSS
                            + "say</span> <span title=\"position 1, no label\"" + READ
                            + "∅</span> <span title=\"position 2, id 1, label 1\"" + LOSS
                            + "&lt;eos&gt;</span> </td></tr>\n");
        }
    }

    @Test
    void showsTheBlanksOfSentencePiecesAndOfBytePairs() throws Exception {
        Example example = new Example("q", "Ann has 3", " and\t<b>\n", "answer", 1.0, List.of(), Map.of());
        try (Tokenizer unigram = Tokenizer.load(MODELS.resolve("tokenizer-unigram"));
                Tokenizer bytes = Tokenizer.load(MODELS.resolve("tokenizer-bpe"))) {
            assertThat(rows(example, unigram, true).toString().lines())
                    .containsExactly(
                            "1 row. [carries loss]: 6, read only: 9, padding: 0",
                            "q (answer) input: ␣ A n n ␣ ha s ␣3 </s>",
                            "q (answer) labels: [␣and] [␣] [<] [b] [>] [</s>]");
            assertThat(rows(example, bytes, false).toString().lines())
                    .containsExactly(
                            "1 row. [carries loss]: 8, read only: 8, padding: 0",
                            "q (answer): A n n ␣ ha s ␣ 3 [␣an] [d] [⇥] [<] [b] [>] [↵] [<|im_end|>]");
        }
    }

    private static TokenRows rows(Example example, Tokenizer tokenizer, boolean encoderDecoder) {
        ExampleEncoder encoder =
                new ExampleEncoder(tokenizer, encoderDecoder, tokenizer.eosId().orElse(-1), 64);
        return TokenRows.of(encoder.encodeAll(List.of(example)), tokenizer, encoderDecoder);
    }

    @Test
    void showsWhatHasNoShapeAsASignAndCutsLongTokens() throws Exception {
        List<String> words = List.of("\u200b\u202e", "\u0007é", "x".repeat(41), "y".repeat(40), "\u00a0");
        int[] ids = {3, 4, 5, 6, 7, 99};
        int[] labels = new int[ids.length];
        Arrays.fill(labels, NONE);
        try (Tokenizer tokenizer = Tokenizer.ofWords(words)) {
            TokenRows rows = TokenRows.of(List.of(new TokenExample("a\nb", "a b", 1, ids, labels)), tokenizer, false);

            assertThat(rows)
                    .hasToString("1 row. [carries loss]: 0, read only: 6, padding: 0\n"
                            + "a↵b (a␣b): \\u200B\\u202E \\u0007é " + "x".repeat(40) + "… " + "y".repeat(40)
                            + " \\u00A0 #99");
        }
    }

    @Test
    void showsNoMoreThanAPersonReadsAndSaysSo() throws Exception {
        int[] input = new int[300];
        Arrays.fill(input, 3);
        int[] labels = input.clone();
        Arrays.fill(labels, 0, 290, NONE);
        List<TokenExample> examples = Collections.nCopies(17, new TokenExample("q", "answer", 1, input, labels));
        try (Tokenizer tokenizer = Tokenizer.ofWords(List.of("ask"))) {
            TokenRows rows = TokenRows.of(examples, tokenizer, false);

            assertThat(rows.toString().lines().limit(2))
                    .containsExactly(
                            "17 rows (the first 16 are shown). [carries loss]: 170, read only: 4930, padding: 0",
                            "q (answer):" + " ask".repeat(256) + " … 44 more, 10 with loss");
            assertThat(rows.toString().lines()).hasSize(17);
            assertThat(rows.html().lines().filter(line -> line.startsWith("<tr>")))
                    .hasSize(16)
                    .allMatch(line -> line.split("ask</span> ", -1).length == 257
                            && line.endsWith("… 44 more, 10 with loss </td></tr>"));
            assertThat(TokenRows.of(examples, tokenizer, true).html().lines().filter(line -> line.startsWith("<tr>")))
                    .hasSize(32);
        }
    }

    @Test
    void anEmptyBatchIsEmpty() throws Exception {
        try (Tokenizer tokenizer = Tokenizer.ofWords(List.of("ask"))) {
            assertThat(TokenRows.of(List.of(), tokenizer, false))
                    .hasToString("0 rows. [carries loss]: 0, read only: 0, padding: 0");
        }
    }

    @Test
    void refusesADecoderOnlyModelsRowWithoutItsLabels() throws Exception {
        TokenExample example = new TokenExample("q7", "answer", 1, new int[] {3, 1}, new int[] {3});
        try (Tokenizer tokenizer = Tokenizer.ofWords(List.of("ask"))) {
            assertThatThrownBy(() -> TokenRows.of(List.of(example), tokenizer, false))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("example q7 has 2 tokens and 1 labels: a decoder-only model needs as many");
        }
    }
}
