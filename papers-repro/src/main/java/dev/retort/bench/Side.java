package dev.retort.bench;

import java.util.List;

/**
 * One program of a comparison.
 *
 * @param name in the results
 * @param description how it is configured
 * @param command that starts its worker, see {@link WorkerLines}, or that does the whole work, see {@link WholeRun}
 */
record Side(String name, String description, List<String> command) {}
