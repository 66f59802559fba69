package dev.retort.papers;

import dev.retort.data.AtomicFiles;
import dev.retort.report.Charts;
import java.io.IOException;
import java.nio.file.Path;
import org.knowm.xchart.XYChart;

/**
 * A picture of results.
 *
 * @param fileName of its SVG, such as figure4-esnli.svg
 * @param title what it shows
 * @param chart the picture
 */
public record Figure(String fileName, String title, XYChart chart) {

    /** Writes it into a folder, as SVG and, under the same name with .png, as PNG; each is whole or absent. */
    public void write(Path folder) throws IOException {
        AtomicFiles.write(folder.resolve(fileName), out -> out.write(Charts.svg(chart)));
        String png = fileName.replaceFirst("\\.svg$", ".png");
        AtomicFiles.write(folder.resolve(png), out -> out.write(Charts.png(chart)));
    }
}
