package dev.retort.notebook;

import dev.retort.run.ProgressListener;
import dev.retort.run.ProgressUpdate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.dflib.jjava.jupyter.kernel.BaseNotebookStatics;

/**
 * Shows in a cell's output how far its loops have come: a bar for each, rewritten in place. Make a new one in every cell that
 * runs something, since a display stays with the cell that began it.
 */
public final class NotebookProgress implements ProgressListener {

    /** More loops than fit on a screen; the oldest go first. */
    private static final int MOST_LOOPS = 24;

    private final Function<Object, String> display;
    private final BiConsumer<String, Object> update;
    private final Map<String, ProgressUpdate> loops = new LinkedHashMap<>();
    private String displayId;
    private String newest;

    /** Progress in the output of the cell that is being run when the first loop begins. */
    public NotebookProgress() {
        this(BaseNotebookStatics::display, BaseNotebookStatics::updateDisplay);
    }

    /**
     * @param display shows a value and gives the display's id
     * @param update replaces what the display of an id shows
     */
    NotebookProgress(Function<Object, String> display, BiConsumer<String, Object> update) {
        this.display = display;
        this.update = update;
    }

    @Override
    public synchronized void onProgress(ProgressUpdate loop) {
        ProgressUpdate before = loops.get(loop.label());
        if (before != null && loop.done() <= before.done() && !loop.label().equals(newest)) {
            // Another loop of the same name: it stands where it began.
            loops.remove(loop.label());
        }
        newest = loop.label();
        loops.put(loop.label(), loop);
        if (loops.size() > MOST_LOOPS) {
            loops.remove(loops.keySet().iterator().next());
        }
        ProgressBars bars = new ProgressBars(new ArrayList<>(loops.values()));
        if (displayId == null) {
            displayId = display.apply(bars);
        } else {
            update.accept(displayId, bars);
        }
    }
}
