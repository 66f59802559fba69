package dev.retort.data;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A data set of the catalogue.
 *
 * @param name its folder under the data folder
 * @param papers the papers whose recipes use it
 * @param licence in words
 * @param redistributable whether it may be passed on with no more than a notice (MIT, Apache-2.0, BSD)
 * @param teacherTerms what the provider of a model that wrote (part of) it asks for, or null
 * @param source who publishes it: repository, commit and folder
 * @param note what its user has to know, or null
 * @param files at least one
 */
public record DataSet(
        String name,
        List<String> papers,
        String licence,
        boolean redistributable,
        String teacherTerms,
        String source,
        String note,
        List<DataFile> files) {

    private static final Pattern NAME = Pattern.compile("[a-z0-9_]+");

    public DataSet {
        Rows.require(name != null && NAME.matcher(name).matches(), "not a data set's name: " + name);
        Rows.require(licence != null && !licence.isBlank(), name + ": licence is missing");
        Rows.require(files != null && !files.isEmpty(), name + ": files is missing or empty");
        papers = papers == null ? List.of() : List.copyOf(papers);
        Set<String> seen = new HashSet<>();
        for (DataFile file : files) {
            Rows.require(file.path().startsWith(name + "/"), file.path() + ": must lie under " + name + "/");
            Rows.require(seen.add(file.path()), file.path() + ": is listed twice");
        }
        files = files.stream()
                .map(file -> file.orElse(licence, redistributable, teacherTerms))
                .toList();
    }
}
