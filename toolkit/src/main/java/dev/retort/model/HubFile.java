package dev.retort.model;

import java.net.URI;
import java.util.regex.Pattern;

/**
 * A file of a repository as the hub describes it.
 *
 * @param name its path in the repository
 * @param address where it is had at this commit
 * @param etag names its content; safe as a file name
 * @param bytes its length; negative where the hub does not say
 */
record HubFile(String name, URI address, String etag, long bytes) {

    private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

    /** The hash of the content where the entity tag is one, as for every file in large-file storage; else null. */
    String sha256() {
        return SHA256.matcher(etag).matches() ? etag : null;
    }
}
