package dev.retort.data;

import java.net.URI;
import java.util.List;
import java.util.regex.Pattern;

/**
 * One file of a data set.
 *
 * @param path under the data folder, with forward slashes; a name that ends in .gz is stored gzipped
 * @param urls where its content may be had, tried in order; empty where nobody offers it as one file
 * @param sha256 of the file as stored, in lower-case hexadecimal
 * @param contentSha256 of its content, unzipped where the name ends in .gz
 * @param bytes of its content
 * @param licence absent in the catalogue means the data set's
 * @param redistributable whether it may be passed on with no more than a notice; absent means the data set's
 * @param teacherTerms what the provider of a model that wrote (part of) it asks for, or null
 */
public record DataFile(
        String path,
        List<URI> urls,
        String sha256,
        String contentSha256,
        long bytes,
        String licence,
        Boolean redistributable,
        String teacherTerms) {

    private static final Pattern HASH = Pattern.compile("[0-9a-f]{64}");
    // Every part starts with a letter, digit or underscore, so that "..", hidden files and absolute paths cannot occur.
    private static final Pattern SAFE_PATH = Pattern.compile("\\w[\\w.-]*(/\\w[\\w.-]*)+");

    public DataFile {
        Rows.require(
                path != null && SAFE_PATH.matcher(path).matches(), "not a plain path under the data folder: " + path);
        Rows.require(sha256 != null && HASH.matcher(sha256).matches(), path + ": sha256 is missing or malformed");
        Rows.require(
                contentSha256 != null && HASH.matcher(contentSha256).matches(),
                path + ": content_sha256 is missing or malformed");
        Rows.require(bytes >= 0, path + ": bytes must not be negative");
        urls = urls == null ? List.of() : List.copyOf(urls);
    }

    /** Whether it is stored gzipped. */
    public boolean gzipped() {
        return path.endsWith(".gz");
    }

    /** The licence, and the terms of the model that wrote it where there are any: one line for a run's record. */
    public String conditions() {
        return teacherTerms == null ? licence : licence + "; " + teacherTerms;
    }

    /** This file with the data set's conditions where it states none of its own. */
    DataFile orElse(String setLicence, boolean setRedistributable, String setTeacherTerms) {
        return new DataFile(
                path,
                urls,
                sha256,
                contentSha256,
                bytes,
                licence == null ? setLicence : licence,
                redistributable == null ? Boolean.valueOf(setRedistributable) : redistributable,
                teacherTerms == null ? setTeacherTerms : teacherTerms);
    }
}
