package dev.retort.model;

import java.util.Set;

/**
 * What a repository holds at a revision.
 *
 * @param commit safe as a file name
 * @param files paths as the hub sent them: not safe as file names
 */
record HubListing(String commit, Set<String> files) {}
