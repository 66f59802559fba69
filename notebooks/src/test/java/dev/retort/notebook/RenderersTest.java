package dev.retort.notebook;

import static org.assertj.core.api.Assertions.assertThat;

import dev.retort.batch.TokenExample;
import dev.retort.batch.Tokenizer;
import dev.retort.report.Charts;
import dev.retort.report.Curve;
import dev.retort.report.ResultRow;
import dev.retort.report.ResultTable;
import java.io.ByteArrayInputStream;
import java.util.Base64;
import java.util.List;
import javax.imageio.ImageIO;
import org.dflib.jjava.jupyter.kernel.display.DisplayData;
import org.dflib.jjava.jupyter.kernel.display.Renderer;
import org.dflib.jjava.jupyter.kernel.display.mime.MIMEType;
import org.junit.jupiter.api.Test;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

class RenderersTest {

    private final Renderer renderer = new Renderer();

    RenderersTest() {
        Renderers.register(renderer);
    }

    @Test
    void tablesAreHtmlAndText() {
        Table table = Table.create("", StringColumn.create("a", "x<y"));

        DisplayData data = renderer.render(table);

        assertThat(data.getData(MIMEType.TEXT_HTML)).isEqualTo(Html.table(table));
        assertThat(data.getData(MIMEType.TEXT_PLAIN)).isEqualTo(table.print());
    }

    @Test
    void resultTablesAreHtmlAndMarkdown() {
        ResultTable table = new ResultTable(List.of(ResultRow.of("a<b", "student", "data", "", "accuracy")));

        DisplayData data = renderer.render(table);

        assertThat(data.getData(MIMEType.TEXT_HTML)).isEqualTo(Html.table(table));
        assertThat(data.getData(MIMEType.TEXT_HTML).toString()).contains("a&lt;b");
        assertThat(data.getData(MIMEType.TEXT_PLAIN)).isEqualTo(table.toMarkdown());
    }

    @Test
    void chartsAreSmallSvgElementsAndPng() throws Exception {
        Curve curve = new Curve("<run>", List.of(1.0, 2.0), List.of(0.123456, 0.1));

        DisplayData data = renderer.render(Charts.lines("loss", "step", "loss", List.of(curve)));

        assertThat(data.getData(MIMEType.IMAGE_SVG).toString())
                .startsWith("<svg")
                .endsWith("</svg>\n")
                .doesNotContainPattern("\\d\\.\\d\\d\\d")
                .doesNotContain("<run>");
        byte[] png = Base64.getDecoder().decode(data.getData(MIMEType.IMAGE_PNG).toString());
        assertThat(ImageIO.read(new ByteArrayInputStream(png)).getWidth()).isEqualTo(800);
        assertThat(data.getData(MIMEType.TEXT_PLAIN)).isEqualTo("chart: loss (<run>)");
    }

    @Test
    void tokenBatchesAreHtmlAndText() throws Exception {
        TokenExample example =
                new TokenExample("q1", "answer", 1, new int[] {3, 1}, new int[] {TokenExample.IGNORED, 1});
        TokenRows rows;
        try (Tokenizer tokenizer = Tokenizer.ofWords(List.of("ask"))) {
            rows = Tables.batch(List.of(example), tokenizer);
        }

        DisplayData data = renderer.render(rows);

        assertThat(data.getData(MIMEType.TEXT_HTML)).isEqualTo(rows.html());
        assertThat(data.getData(MIMEType.TEXT_PLAIN)).isEqualTo(rows.toString());
    }

    @Test
    void tokensByTheirLossAreHtmlAndText() {
        TokenHeat heat = new TokenHeat(List.of("a"), new float[] {1}, 1);

        DisplayData data = renderer.render(heat);

        assertThat(data.getData(MIMEType.TEXT_HTML)).isEqualTo(heat.html());
        assertThat(data.getData(MIMEType.TEXT_PLAIN)).isEqualTo("a (1.0)");
    }

    @Test
    void whatIsAskedForAsTextIsTextAlone() {
        DisplayData data = renderer.renderAs(Table.create("", StringColumn.create("a", "x")), "text/plain");

        assertThat(data.hasDataForType(MIMEType.TEXT_HTML)).isFalse();
    }
}
