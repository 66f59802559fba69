package dev.retort.notebook;

import dev.retort.report.Charts;
import dev.retort.report.ResultTable;
import java.awt.BasicStroke;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.function.Function;
import org.dflib.jjava.jupyter.kernel.display.Renderer;
import org.dflib.jjava.jupyter.kernel.display.mime.MIMEType;
import org.knowm.xchart.XYChart;
import tech.tablesaw.api.Table;
import tech.tablesaw.table.Relation;

/** How the values that cells return are shown: a rich form for notebooks, and text where there is nothing but text. */
final class Renderers {

    private Renderers() {}

    static void register(Renderer renderer) {
        register(renderer, Table.class, MIMEType.TEXT_HTML, Html::table, Relation::print);
        register(renderer, ResultTable.class, MIMEType.TEXT_HTML, Html::table, ResultTable::toMarkdown);
        // JupyterLab draws no SVG of a notebook that its reader has not run or trusted; PNG it draws.
        renderer.createRegistration(XYChart.class)
                .preferring(MIMEType.IMAGE_SVG, MIMEType.IMAGE_PNG)
                .supporting(MIMEType.TEXT_PLAIN)
                .register((chart, context) -> {
                    context.renderIfRequested(
                            MIMEType.IMAGE_PNG, () -> Base64.getEncoder().encodeToString(Charts.png(chart)));
                    context.renderIfRequested(MIMEType.IMAGE_SVG, () -> svg(chart));
                    context.renderIfRequested(MIMEType.TEXT_PLAIN, () -> title(chart));
                });
        register(renderer, ProgressBars.class, MIMEType.TEXT_HTML, ProgressBars::html, ProgressBars::toString);
        register(renderer, TokenRows.class, MIMEType.TEXT_HTML, TokenRows::html, TokenRows::toString);
        register(renderer, TokenHeat.class, MIMEType.TEXT_HTML, TokenHeat::html, TokenHeat::toString);
    }

    private static <T> void register(
            Renderer renderer, Class<T> type, MIMEType rich, Function<T, String> form, Function<T, String> text) {
        renderer.createRegistration(type)
                .preferring(rich)
                .supporting(MIMEType.TEXT_PLAIN)
                .register((value, context) -> {
                    context.renderIfRequested(rich, () -> form.apply(value));
                    context.renderIfRequested(MIMEType.TEXT_PLAIN, () -> text.apply(value));
                });
    }

    /** The picture's element alone: the XML declaration and document type before it have no place within a page. */
    private static String svg(XYChart chart) {
        // Of a broken line every dash is an outline of its own: those of the grid would be most of the notebook.
        chart.getStyler().setPlotGridLinesStroke(new BasicStroke(0.5f));
        String document = new String(Charts.svg(chart), StandardCharsets.UTF_8);
        String element = document.substring(document.indexOf("<svg"));
        return element.replaceAll("\n\\s*", "\n");
    }

    private static String title(XYChart chart) {
        return "chart: " + chart.getTitle() + " ("
                + String.join(", ", chart.getSeriesMap().keySet()) + ")";
    }
}
