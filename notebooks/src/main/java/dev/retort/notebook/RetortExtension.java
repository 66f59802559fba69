package dev.retort.notebook;

import java.util.List;
import org.dflib.jjava.jupyter.Extension;
import org.dflib.jjava.jupyter.kernel.BaseKernel;

/**
 * What the JJava kernel does at its start when Retort is on its class path: tables, charts and progress are shown as HTML and
 * SVG, the packages that notebooks use are imported, and the libraries log warnings only.
 *
 * <p>Compiled against jjava-jupyter 1.0-a6 and run by kernel 1.0a8: only what is the same in both is called.
 */
public final class RetortExtension implements Extension {

    /** What every cell can name without an import, beside the kernel's own imports. */
    static final List<String> IMPORTS = List.of(
            "java.nio.file.*",
            "java.util.function.*",
            "java.util.stream.*",
            "ai.djl.Device",
            "tech.tablesaw.api.Table",
            "dev.retort.answer.*",
            "dev.retort.batch.*",
            "dev.retort.data.*",
            "dev.retort.eval.*",
            "dev.retort.filter.*",
            "dev.retort.loss.*",
            "dev.retort.model.*",
            "dev.retort.notebook.*",
            "dev.retort.papers.*",
            "dev.retort.papers.minillm.*",
            "dev.retort.papers.stepbystep.*",
            "dev.retort.papers.system2.*",
            "dev.retort.pipelines.*",
            "dev.retort.prompt.*",
            "dev.retort.report.*",
            "dev.retort.run.*",
            "dev.retort.teacher.*",
            "dev.retort.train.*");

    private static final String LOGGER = "org.slf4j.simpleLogger.";

    @Override
    public void install(BaseKernel kernel) {
        // Read by slf4j-simple when the first logger is made, which is after this. A value that the kernel was started
        // with wins.
        for (String key : List.of("defaultLogLevel", "log.ai.djl", "log.org.apache.beam")) {
            setUnlessGiven(key, "warn");
        }
        // They warn of what there is not in one process, and need not be: security tokens, log files, native code.
        for (String key : List.of("log.org.apache.flink", "log.org.apache.hadoop")) {
            setUnlessGiven(key, "error");
        }
        Renderers.register(kernel.getRenderer());
        for (String name : IMPORTS) {
            kernel.evalRaw("import " + name + ";");
        }
    }

    private static void setUnlessGiven(String key, String value) {
        if (System.getProperty(LOGGER + key) == null) {
            System.setProperty(LOGGER + key, value);
        }
    }
}
