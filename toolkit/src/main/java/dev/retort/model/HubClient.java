package dev.retort.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.retort.data.Rows;
import dev.retort.data.SeededRandom;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Speaks to a hub. The token goes to the hub's own scheme, host and port and nowhere else; no message holds it, nor any
 * address a server redirects to, which may be signed.
 */
final class HubClient {

    /** How often a request is tried. */
    static final int ATTEMPTS = 5;

    private static final int REDIRECTS = 10;
    private static final int LISTING_LIMIT = 16 << 20;
    private static final Duration LONGEST_BACK_OFF = Duration.ofSeconds(30);
    /** The hub counts its rate limits over five minutes. */
    private static final Duration LONGEST_WAIT = Duration.ofMinutes(5);

    private static final Pattern COMMIT = Pattern.compile("[0-9A-Za-z]{1,64}");
    /** No dot: a name that ends in .incomplete would be another file's unfinished one. */
    private static final Pattern ETAG = Pattern.compile("[0-9A-Za-z-]{1,128}");

    private static final Pattern LENGTH = Pattern.compile("[0-9]{1,18}");

    private static final String PLAIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

    private final URI endpoint;
    private final String token;
    private final Duration timeout;
    private final HubMachine machine;
    private final HttpClient http;

    /**
     * @param endpoint without a slash at its end
     * @param token null where there is none
     * @param timeout for connecting, for a response to begin, and for each piece of it
     */
    HubClient(URI endpoint, String token, Duration timeout, HubMachine machine) {
        this.endpoint = endpoint;
        this.token = token;
        this.timeout = timeout;
        this.machine = machine;
        http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(timeout)
                .build();
    }

    /** What may fail and be tried again. */
    @FunctionalInterface
    interface Attempt<T> {
        T run() throws IOException, InterruptedException;
    }

    /**
     * A response, the last of a chain of redirects.
     *
     * @param headers of every response of the chain
     * @param onHub whether the hub itself answered
     */
    record Reply(int status, List<HttpHeaders> headers, HubBody body, URI address, boolean onHub)
            implements AutoCloseable {

        /** A header of the last response; null where there is none. */
        String header(String name) {
            return headers.get(headers.size() - 1).firstValue(name).orElse(null);
        }

        /** A header of the first response that has it; null where none has. */
        String firstHeader(String name) {
            for (HttpHeaders each : headers) {
                if (each.firstValue(name).isPresent()) {
                    return each.firstValue(name).get();
                }
            }
            return null;
        }

        /** The length of the body; negative where it is not said. */
        long length() {
            return HubClient.length(header("content-length"));
        }

        boolean isRedirect() {
            return switch (status) {
                case 301, 302, 303, 307, 308 -> true;
                default -> false;
            };
        }

        @Override
        public void close() {
            body.close();
        }
    }

    /** A header that gives a length; negative where it does not. */
    static long length(String header) {
        return header != null && LENGTH.matcher(header).matches() ? Long.parseLong(header) : -1;
    }

    /** The commit of a revision and the names of its files. */
    HubListing listing(HubSpec spec, int attempts) throws IOException, InterruptedException {
        URI address = address("/api/models/" + spec.repository() + "/revision/" + encoded(spec.revision(), false));
        return retrying(attempts, () -> {
            try (Reply reply = send(spec, "GET", address, 0, false)) {
                check(reply, spec, null);
                return listing(spec, bytes(reply, spec));
            }
        });
    }

    private byte[] bytes(Reply reply, HubSpec spec) throws IOException, InterruptedException {
        byte[] bytes;
        try {
            bytes = reply.body().bytes(LISTING_LIMIT);
        } catch (IOException e) {
            throw broken(spec, e);
        }
        if (bytes == null) {
            throw new IOException(spec + ": " + hub() + " lists the files in more than " + LISTING_LIMIT
                    + " bytes; check HF_ENDPOINT");
        }
        return bytes;
    }

    private HubListing listing(HubSpec spec, byte[] json) throws IOException {
        JsonNode tree;
        try {
            tree = Rows.mapper().readTree(new String(json, StandardCharsets.UTF_8));
        } catch (JsonProcessingException e) {
            throw new IOException(spec + ": " + hub() + " lists the files in no valid JSON; check HF_ENDPOINT", e);
        }
        String commit = tree.path("sha").asText("");
        if (!COMMIT.matcher(commit).matches() || !tree.path("siblings").isArray()) {
            throw new IOException(spec + ": " + hub() + " gives no commit with a list of files; check HF_ENDPOINT");
        }
        if (HubCache.isCommit(spec.revision()) && !commit.equals(spec.revision())) {
            throw new IOException(spec + ": " + hub() + " answers with another commit; check HF_ENDPOINT");
        }
        Set<String> files = new LinkedHashSet<>();
        for (JsonNode sibling : tree.path("siblings")) {
            files.add(sibling.path("rfilename").asText(""));
        }
        return new HubListing(commit, files);
    }

    /** Asks for a file's length and entity tag. */
    HubFile describe(HubSpec spec, String commit, String file) throws IOException, InterruptedException {
        URI address =
                address("/" + spec.repository() + "/resolve/" + encoded(commit, false) + "/" + encoded(file, true));
        return retrying(ATTEMPTS, () -> {
            try (Reply reply = describe(spec, address)) {
                check(reply, spec, file);
                String stated = reply.firstHeader("x-repo-commit");
                if (stated != null && !stated.equals(commit)) {
                    throw new IOException(spec + ": " + hub() + " sends " + file
                            + " of another commit than the one it was asked for; check HF_ENDPOINT");
                }
                String linked = reply.firstHeader("x-linked-etag");
                long bytes = length(reply.firstHeader("x-linked-size"));
                if (bytes < 0 && !reply.isRedirect() && !isCompressed(reply)) {
                    bytes = reply.length();
                }
                String etag = etag(linked == null ? reply.header("etag") : linked, spec, commit, file);
                return new HubFile(file, address, etag, bytes);
            }
        });
    }

    private Reply describe(HubSpec spec, URI address) throws IOException, InterruptedException {
        Reply head = send(spec, "HEAD", address, 0, true);
        if (head.status() != 405 && head.status() != 501) {
            return head;
        }
        head.close();
        return send(spec, "GET", address, 0, true);
    }

    /** A commit and a path name a content as well as an entity tag does, where a server sends none that can be used. */
    private static String etag(String header, HubSpec spec, String commit, String file) {
        String etag = header == null ? "" : header.replaceFirst("^W/", "").replace("\"", "");
        return ETAG.matcher(etag).matches()
                ? etag
                : "path-"
                        + HexFormat.of()
                                .formatHex(SeededRandom.sha256((spec.repository() + "/" + commit + "/" + file)
                                        .getBytes(StandardCharsets.UTF_8)));
    }

    /**
     * Asks for a file's content.
     *
     * @param from the first byte that is wanted
     * @return status 200, 206 or 416
     */
    Reply content(HubSpec spec, HubFile file, long from) throws IOException, InterruptedException {
        Reply reply = send(spec, "GET", file.address(), from, false);
        try {
            if (reply.status() != 416) {
                check(reply, spec, file.name());
            }
            if (isCompressed(reply)) {
                throw new IOException(spec + ": " + server(reply) + " sends " + file.name()
                        + " compressed, though plain bytes were asked for; check HF_ENDPOINT");
            }
            return reply;
        } catch (IOException e) {
            reply.close();
            throw e;
        }
    }

    private static boolean isCompressed(Reply reply) {
        String encoding = reply.header("content-encoding");
        return encoding != null && !encoding.equalsIgnoreCase("identity");
    }

    /** Tries until it works or has failed so often. */
    private <T> T retrying(int attempts, Attempt<T> attempt) throws IOException, InterruptedException {
        for (int failures = 1; ; failures++) {
            try {
                return attempt.run();
            } catch (HubUnreachableException e) {
                pause(e, failures, attempts);
            }
        }
    }

    /**
     * Waits before the next attempt, twice as long after every failure.
     *
     * @throws HubUnreachableException when there have been as many failures as there may be, or the server asks for too
     *     long a wait
     */
    void pause(HubUnreachableException failure, int failures, int attempts)
            throws HubUnreachableException, InterruptedException {
        Duration backOff = Duration.ofSeconds(1L << Math.min(failures - 1, 10));
        Duration wait = failure.waitOr(backOff.compareTo(LONGEST_BACK_OFF) < 0 ? backOff : LONGEST_BACK_OFF);
        if (failures >= attempts || wait.compareTo(LONGEST_WAIT) > 0) {
            throw failure.last(failures);
        }
        machine.sleep(wait);
    }

    /** @param stay stop at a redirect that leaves the hub, and give that response */
    private Reply send(HubSpec spec, String method, URI start, long from, boolean stay)
            throws IOException, InterruptedException {
        List<HttpHeaders> headers = new ArrayList<>();
        URI address = start;
        boolean onHub = true;
        for (int redirects = 0; redirects <= REDIRECTS; redirects++) {
            HttpResponse<HubBody> response = send(spec, method, address, from, onHub ? token : null, onHub);
            headers.add(response.headers());
            Reply reply = new Reply(response.statusCode(), headers, response.body(), address, onHub);
            if (!reply.isRedirect()) {
                return reply;
            }
            boolean kept = false;
            try {
                URI target = target(spec, reply);
                boolean stays = onHub && isOnHub(target);
                if (stay && !stays) {
                    kept = true;
                    return reply;
                }
                address = target;
                onHub = stays;
            } finally {
                if (!kept) {
                    reply.close();
                }
            }
        }
        throw new IOException(spec + ": " + hub() + " redirects more than " + REDIRECTS + " times; check HF_ENDPOINT");
    }

    private HttpResponse<HubBody> send(
            HubSpec spec, String method, URI address, long from, String authorization, boolean onHub)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(address)
                .method(method, HttpRequest.BodyPublishers.noBody())
                .timeout(timeout)
                .header("User-Agent", "retort")
                // The length and the hash are those of the plain bytes.
                .header("Accept-Encoding", "identity");
        if (from > 0) {
            request.header("Range", "bytes=" + from + "-");
        }
        if (authorization != null) {
            request.header("Authorization", "Bearer " + authorization);
        }
        try {
            return http.send(request.build(), info -> new HubBody(timeout));
        } catch (IOException e) {
            throw new HubUnreachableException(
                    spec + ": " + (onHub ? hub() : storage(address)) + " cannot be reached: " + reason(e), null, e);
        }
    }

    private URI target(HubSpec spec, Reply reply) throws IOException {
        URI target = resolved(reply.address(), reply.header("location"));
        if (target != null && target.getHost() != null) {
            boolean secure = "https".equalsIgnoreCase(target.getScheme());
            boolean insecure = "http".equalsIgnoreCase(target.getScheme())
                    && "http".equalsIgnoreCase(reply.address().getScheme());
            if (secure || insecure) {
                return target;
            }
        }
        throw new IOException(spec + ": " + server(reply) + " redirects to no http or https address, or from https to"
                + " http; check HF_ENDPOINT");
    }

    private static URI resolved(URI from, String location) {
        try {
            return location == null ? null : from.resolve(location);
        } catch (IllegalArgumentException e) {
            // Not passed on: its text holds the address.
            return null;
        }
    }

    private boolean isOnHub(URI address) {
        return origin(endpoint).equals(origin(address));
    }

    /** Throws unless a response is good. */
    private void check(Reply reply, HubSpec spec, String file) throws IOException {
        int status = reply.status();
        if (status == 200 || status == 206 || reply.isRedirect()) {
            return;
        }
        String what = file == null ? "" : " for " + file;
        // Storage refuses addresses whose signature has run out: the hub gives new ones.
        if (!reply.onHub() || status == 408 || status == 429 || status >= 500) {
            Duration wait = retryAfter(reply.header("retry-after"));
            throw new HubUnreachableException(
                    spec + ": " + server(reply) + " answers with status " + status + what
                            + (wait == null ? "" : " and asks to wait " + wait.toSeconds() + " s"),
                    wait,
                    null);
        }
        String page = endpoint + "/" + spec.repository();
        throw new IOException(spec + ": " + hub()
                + switch (status) {
                    case 401, 403 -> " refuses access" + what + " (status " + status + "): " + spec.repository()
                            + " does not exist, or is private or gated; check the name, "
                            + (token == null ? "set HF_TOKEN" : "set HF_TOKEN to another token, one")
                            + " that may read it, and accept its terms at " + page + " if it has some";
                    case 404 -> file == null
                            ? " has no repository " + spec.repository() + " with revision " + spec.revision()
                                    + " (status 404); check both at " + page
                            : " has no file " + file + " in " + spec.repository() + " at revision " + spec.revision()
                                    + " (status 404); check it at " + page;
                    default -> " answers with status " + status + what + "; check HF_ENDPOINT";
                });
    }

    /** Throws unless the disk of a folder has room. */
    static void refuseWithoutRoom(HubSpec spec, long needed, long room, Path folder) throws IOException {
        if (needed > room) {
            throw new IOException(spec + ": needs " + needed + " bytes more, but " + folder + " has room for " + room
                    + "; free some, or set HF_HOME to a folder on a larger disk");
        }
    }

    private static Duration retryAfter(String header) {
        if (header == null) {
            return null;
        }
        if (length(header) >= 0) {
            return Duration.ofSeconds(length(header));
        }
        try {
            Duration wait =
                    Duration.between(Instant.now(), ZonedDateTime.parse(header, DateTimeFormatter.RFC_1123_DATE_TIME));
            return wait.isNegative() ? Duration.ZERO : wait;
        } catch (DateTimeParseException e) {
            // A header of another form asks for nothing that can be understood.
            return null;
        }
    }

    /** The error for a response that broke off. */
    HubUnreachableException broken(HubSpec spec, IOException e) {
        return new HubUnreachableException(spec + ": the connection broke: " + reason(e), null, e);
    }

    private static String reason(IOException e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof UnresolvedAddressException) {
                return "no such host";
            }
        }
        if (e.getMessage() == null) {
            return e instanceof ConnectException
                    ? "no connection"
                    : e.getClass().getSimpleName();
        }
        return HubSpec.shown(e.getMessage());
    }

    private String hub() {
        return "the hub " + endpoint;
    }

    /** Who answered; of a storage host no more than the host, as its addresses are signed. */
    String server(Reply reply) {
        return reply.onHub() ? hub() : storage(reply.address());
    }

    private static String storage(URI address) {
        return "the storage " + HubSpec.shown(origin(address));
    }

    private static String origin(URI address) {
        String scheme = address.getScheme().toLowerCase(Locale.ROOT);
        int port = address.getPort() >= 0 ? address.getPort() : scheme.equals("https") ? 443 : 80;
        return scheme + "://" + address.getHost().toLowerCase(Locale.ROOT) + ":" + port;
    }

    private URI address(String path) {
        return URI.create(endpoint + path);
    }

    private static String encoded(String text, boolean keepSlashes) {
        StringBuilder encoded = new StringBuilder();
        for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xff);
            boolean plain = PLAIN.indexOf(c) >= 0 || (c == '/' && keepSlashes);
            if (plain) {
                encoded.append(c);
            } else {
                encoded.append(String.format(Locale.ROOT, "%%%02X", b & 0xff));
            }
        }
        return encoded.toString();
    }
}
