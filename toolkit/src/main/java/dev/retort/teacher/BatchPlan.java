package dev.retort.teacher;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.retort.data.Rows;
import dev.retort.data.SeededRandom;
import java.util.Collection;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * How far one batch has come: planned, then uploaded, submitted, ended.
 *
 * @param name the SHA-256 of its sorted custom ids, with a number where the same were planned before
 * @param run random, so that no batch of another state folder is taken for this one
 * @param server where it is sent
 * @param fileId of the uploaded requests, or null
 * @param batchId or null
 * @param ended the server's word for how it ended, once all that it gave lies in the folder; or null
 * @param ignored lines of the results that were not JSON, too long, or of no request of this batch
 */
record BatchPlan(String name, String run, String server, String fileId, String batchId, String ended, long ignored) {

    /** A plan's name. */
    static final Pattern NAME = Pattern.compile("[0-9a-f]{64}(-[1-9][0-9]{0,5})?");

    /** A server's id that can stand in an address. */
    static final Pattern ID = Pattern.compile("\\w[\\w.:=~+-]{0,511}");

    private static final Pattern RUN = Pattern.compile("[0-9a-f-]{36}");

    BatchPlan {
        require(name != null && NAME.matcher(name).matches(), "name is no hash");
        require(run != null && RUN.matcher(run).matches(), "run is missing");
        require(server != null, "server is missing");
        require(fileId == null || ID.matcher(fileId).matches(), "file_id is no id");
        require(batchId == null || ID.matcher(batchId).matches(), "batch_id is no id");
        require(fileId != null || batchId == null, "file_id is missing");
        require(batchId != null || ended == null, "batch_id is missing");
    }

    /** A plan that nothing was sent of. */
    static BatchPlan of(String name, String server) {
        return new BatchPlan(name, UUID.randomUUID().toString(), server, null, null, null, 0);
    }

    /** The SHA-256 of these ids, whatever their order. */
    static String hash(Collection<String> customIds) {
        return SeededRandom.sha256Hex(customIds.stream().sorted().collect(Collectors.joining("\n")));
    }

    /** The hash in the name. */
    String hash() {
        return name.substring(0, 64);
    }

    BatchPlan uploaded(String newFileId) {
        return new BatchPlan(name, run, server, newFileId, null, null, ignored);
    }

    BatchPlan submitted(String newBatchId) {
        return new BatchPlan(name, run, server, fileId, newBatchId, null, ignored);
    }

    BatchPlan ended(String status, long newIgnored) {
        return new BatchPlan(name, run, server, fileId, batchId, status, newIgnored);
    }

    String format() {
        return Rows.mapper().valueToTree(this).toPrettyString() + "\n";
    }

    /**
     * What {@link #format} wrote.
     *
     * @throws IllegalArgumentException with one line that says what is wrong
     */
    static BatchPlan parse(String text) {
        try {
            BatchPlan plan = Rows.mapper().readValue(text, BatchPlan.class);
            require(plan != null, "not the JSON of a plan");
            return plan;
        } catch (JsonProcessingException e) {
            Throwable cause = e.getCause();
            String reason = cause instanceof IllegalArgumentException ? cause.getMessage() : "not the JSON of a plan";
            throw new IllegalArgumentException(reason, e);
        }
    }

    private static void require(boolean holds, String message) {
        if (!holds) {
            throw new IllegalArgumentException(message);
        }
    }
}
