package dev.retort.model;

import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Models of a Hugging Face hub, kept in the cache that the Python library uses too, in the same layout.
 *
 * <p>Only what Retort reads is fetched: configuration, tokenizer, chat template, safetensors weights and adapters, or
 * one GGUF file that is named. Downloads are checked, resumed and tried again.
 */
public final class ModelHub {

    private static final Logger LOG = LoggerFactory.getLogger(ModelHub.class);
    private static final String ENDPOINT = "https://huggingface.co";
    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final String CONFIG = "config.json";
    private static final String ADAPTER_CONFIG = "adapter_config.json";
    private static final String ADAPTER = "adapter_model.safetensors";
    private static final List<String> SMALL_FILES = List.of(
            CONFIG,
            "generation_config.json",
            "tokenizer.json",
            "tokenizer_config.json",
            "special_tokens_map.json",
            "chat_template.jinja",
            ADAPTER_CONFIG);
    /** As for the headers and indexes of weights. */
    private static final long SMALL_LIMIT = WeightJson.LONGEST;

    private static final int NAMES_SHOWN = 5;

    private final Path hub;
    private final boolean offline;
    private final String token;
    private final HubMachine machine;
    private final HubClient client;
    private final DownloadListener listener;

    /**
     * A hub.
     *
     * @param endpoint for example https://huggingface.co
     * @param hub the cache's folder, for example ~/.cache/huggingface/hub
     * @param token sent to the endpoint only; null where there is none
     * @param offline uses what the cache has
     * @throws IllegalArgumentException where the endpoint or the token cannot be one
     */
    public ModelHub(URI endpoint, Path hub, String token, boolean offline) {
        this(endpoint, hub, token, offline, TIMEOUT, new ThisMachine());
    }

    ModelHub(URI endpoint, Path hub, String token, boolean offline, Duration timeout, HubMachine machine) {
        this.hub = hub.toAbsolutePath().normalize();
        this.offline = offline;
        this.token = clean(token);
        this.machine = machine;
        client = new HubClient(clean(endpoint), this.token, timeout, machine);
        listener = (file, bytes, total) -> {};
    }

    private ModelHub(ModelHub other, DownloadListener listener) {
        hub = other.hub;
        offline = other.offline;
        token = other.token;
        machine = other.machine;
        client = other.client;
        this.listener = listener;
    }

    /**
     * The hub that the environment names, as for the Python library: HF_ENDPOINT, HF_TOKEN, HF_HUB_CACHE, HF_HOME,
     * XDG_CACHE_HOME, HF_HUB_OFFLINE and TRANSFORMERS_OFFLINE.
     *
     * @throws IllegalArgumentException where one of them has no sense
     */
    public static ModelHub fromEnvironment() {
        return fromEnvironment(System.getenv());
    }

    // The exception that is left out would hold the address, which may hold a password.
    @SuppressWarnings("UnusedException")
    static ModelHub fromEnvironment(Map<String, String> environment) {
        String endpoint = first(environment, "HF_ENDPOINT");
        String offline = first(environment, "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE");
        try {
            return new ModelHub(
                    new URI(endpoint == null ? ENDPOINT : endpoint.strip()),
                    cache(environment),
                    environment.get("HF_TOKEN"),
                    offline != null && Set.of("1", "ON", "YES", "TRUE").contains(offline.toUpperCase(Locale.ROOT)));
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException("HF_ENDPOINT is no address; give one like " + ENDPOINT);
        }
    }

    private static Path cache(Map<String, String> environment) {
        String home = first(environment, "HOME");
        Path user = Path.of(home == null ? System.getProperty("user.home") : home);
        String cache = first(environment, "HF_HUB_CACHE");
        if (cache != null) {
            return inHome(cache, user);
        }
        String huggingFace = first(environment, "HF_HOME");
        if (huggingFace != null) {
            return inHome(huggingFace, user).resolve("hub");
        }
        String caches = first(environment, "XDG_CACHE_HOME");
        return (caches == null ? user.resolve(".cache") : inHome(caches, user))
                .resolve("huggingface")
                .resolve("hub");
    }

    private static Path inHome(String path, Path user) {
        return path.equals("~") || path.startsWith("~/")
                ? user.resolve(path.substring(Math.min(2, path.length())))
                : Path.of(path);
    }

    private static String first(Map<String, String> environment, String... names) {
        for (String name : names) {
            String value = environment.get(name);
            if (value != null && !value.isBlank()) {
                return value;
            }
        }
        return null;
    }

    private static String clean(String token) {
        if (token == null || token.isBlank()) {
            return null;
        }
        String clean = token.strip();
        // The HTTP client's own exception would hold the token.
        if (!clean.chars().allMatch(c -> c > ' ' && c < 127)) {
            throw new IllegalArgumentException("HF_TOKEN has characters that no token has; set it to the token alone");
        }
        return clean;
    }

    private static URI clean(URI endpoint) {
        String scheme = endpoint.getScheme();
        boolean http = "https".equalsIgnoreCase(scheme) || "http".equalsIgnoreCase(scheme);
        if (!http || endpoint.getHost() == null) {
            throw new IllegalArgumentException("HF_ENDPOINT is no http or https address; give one like " + ENDPOINT);
        }
        if (endpoint.getRawUserInfo() != null || endpoint.getRawQuery() != null || endpoint.getRawFragment() != null) {
            throw new IllegalArgumentException(
                    "HF_ENDPOINT holds more than a host, port and path; a token belongs in HF_TOKEN");
        }
        return URI.create(endpoint.toString().replaceFirst("/+$", ""));
    }

    private static final class ThisMachine implements HubMachine {
        @Override
        public long nanoTime() {
            return System.nanoTime();
        }

        @Override
        public void sleep(Duration time) throws InterruptedException {
            Thread.sleep(time.toMillis());
        }

        @Override
        public long usableBytes(Path folder) throws IOException {
            long bytes = Files.getFileStore(folder).getUsableSpace();
            // A disk too large for the type is no reason to stop.
            return bytes < 0 ? Long.MAX_VALUE : bytes;
        }
    }

    /** The same hub, telling a listener how far its downloads are. */
    public ModelHub withListener(DownloadListener newListener) {
        return new ModelHub(this, newListener);
    }

    /**
     * Brings a model to this machine, at the commit that its revision is at now. Where the hub cannot be reached, or in
     * offline mode, that is what the cache has.
     *
     * @param spec {@code hf:org/name@revision}, or {@code hf:org/name@revision/path/to/file.gguf}; without a revision
     *     that is main
     * @return the folder of the model's files, or the GGUF file
     * @throws IllegalArgumentException where the specification is none
     * @throws IOException in one line that says what is wrong and what to do
     */
    public Path fetch(String spec) throws IOException, InterruptedException {
        HubSpec wanted = HubSpec.parse(spec);
        try {
            return fetch(wanted);
        } catch (IOException e) {
            // A hub that was sent the token can send it back, as the name of a file for one.
            if (token != null && e.getMessage() != null && e.getMessage().contains(token)) {
                throw new IOException(e.getMessage().replace(token, "***"));
            }
            throw e;
        }
    }

    /**
     * Where the cache has a whole model, at the commit that its revision was at when it was last asked for; the hub is not
     * asked.
     *
     * @param spec as for {@link #fetch}
     * @return the folder of the model's files, or the GGUF file; empty where something is missing
     * @throws IllegalArgumentException where the specification is none
     */
    public Optional<Path> cached(String spec) throws IOException {
        HubSpec wanted = HubSpec.parse(spec);
        HubCache cache = new HubCache(hub, wanted, machine);
        String commit = cache.commit();
        boolean whole =
                commit != null && missing(cache.snapshot(commit), wanted).isEmpty();
        return whole ? Optional.of(place(cache, commit, wanted)) : Optional.empty();
    }

    private Path fetch(HubSpec spec) throws IOException, InterruptedException {
        HubCache cache = new HubCache(hub, spec, machine);
        String cached = cache.commit();
        List<String> missing = cached == null ? List.of() : missing(cache.snapshot(cached), spec);
        boolean whole = cached != null && missing.isEmpty();
        if (offline) {
            if (!whole) {
                throw new IOException(spec + ": the cache " + hub + " lacks "
                        + (cached == null ? "this revision" : String.join(", ", missing))
                        + ", and HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE is set; unset it and run this again to download"
                        + " it, or bring " + hub + " from a machine that has it");
            }
            return place(cache, cached, spec);
        }
        HubListing listing;
        try {
            listing = client.listing(spec, whole ? 1 : HubClient.ATTEMPTS);
        } catch (HubUnreachableException e) {
            if (!whole) {
                throw e;
            }
            LOG.warn("{}; taking commit {} from the cache", e.getMessage(), cached);
            return place(cache, cached, spec);
        }
        fetch(listing, spec, cache);
        cache.setCommit(listing.commit());
        return place(cache, listing.commit(), spec);
    }

    private static Path place(HubCache cache, String commit, HubSpec spec) {
        Path folder = cache.snapshot(commit);
        return spec.file() == null ? folder : folder.resolve(spec.file());
    }

    /** What a folder lacks of what must be there; names alone, as the cache cannot know about the others. */
    private static List<String> missing(Path folder, HubSpec spec) throws IOException {
        if (spec.file() != null) {
            return missing(folder, List.of(spec.file()));
        }
        boolean single = Files.isRegularFile(folder.resolve(SafetensorsFolder.SINGLE_FILE));
        Path index = folder.resolve(SafetensorsFolder.INDEX);
        boolean sharded = !single && Files.isRegularFile(index);
        if (!single && !sharded && Files.isRegularFile(folder.resolve(ADAPTER_CONFIG))) {
            return missing(folder, List.of(ADAPTER));
        }
        List<String> needed = new ArrayList<>(List.of(CONFIG));
        if (sharded) {
            needed.addAll(shards(index));
        } else {
            needed.add(SafetensorsFolder.SINGLE_FILE);
        }
        return missing(folder, needed);
    }

    private static List<String> missing(Path folder, List<String> needed) {
        return needed.stream()
                .filter(name -> !Files.isRegularFile(folder.resolve(name)))
                .toList();
    }

    private void fetch(HubListing listing, HubSpec spec, HubCache cache) throws IOException, InterruptedException {
        Set<String> files = listing.files();
        if (spec.file() != null) {
            require(files.contains(spec.file()), spec, "has no file " + spec.file() + ggufFiles(files));
            fetch(List.of(spec.file()), listing, spec, cache);
            return;
        }
        boolean single = files.contains(SafetensorsFolder.SINGLE_FILE);
        boolean sharded = !single && files.contains(SafetensorsFolder.INDEX);
        boolean adapter = files.contains(ADAPTER_CONFIG) && files.contains(ADAPTER);
        if (!single && !sharded && !adapter) {
            throw new IOException(spec + ": " + withoutWeights(files));
        }
        require(
                files.contains(CONFIG) || adapter,
                spec,
                "has no " + CONFIG + "; give a model of the Hugging Face transformers library");
        List<String> small = SMALL_FILES.stream().filter(files::contains).toList();
        fetch(
                sharded
                        ? Stream.concat(small.stream(), Stream.of(SafetensorsFolder.INDEX))
                                .toList()
                        : small,
                listing,
                spec,
                cache);
        List<String> weights = new ArrayList<>();
        if (adapter) {
            weights.add(ADAPTER);
        }
        if (single) {
            weights.add(SafetensorsFolder.SINGLE_FILE);
        } else if (sharded) {
            for (String shard : shards(cache.snapshot(listing.commit()).resolve(SafetensorsFolder.INDEX))) {
                require(
                        files.contains(shard),
                        spec,
                        "has no file " + HubSpec.shown(shard) + ", though " + SafetensorsFolder.INDEX
                                + " names it; choose another revision");
                weights.add(shard);
            }
        }
        fetch(weights, listing, spec, cache);
    }

    private static void require(boolean holds, HubSpec spec, String problem) throws IOException {
        if (!holds) {
            throw new IOException(spec + ": the repository " + problem);
        }
    }

    private static String withoutWeights(Set<String> files) {
        if (files.stream().anyMatch(name -> name.toLowerCase(Locale.ROOT).endsWith(".gguf"))) {
            return "the repository has no " + SafetensorsFolder.SINGLE_FILE + ggufFiles(files);
        }
        if (files.stream().anyMatch(name -> name.endsWith(".bin"))) {
            return "the repository has its weights as *.bin only, which are not read, as such a file can run code;"
                    + " choose a revision with safetensors, or convert it with transformers' save_pretrained";
        }
        return "the repository has no weights that are read: " + SafetensorsFolder.SINGLE_FILE + ", "
                + SafetensorsFolder.INDEX + " or " + ADAPTER + "; choose another revision or model";
    }

    private static String ggufFiles(Set<String> files) {
        List<String> names = files.stream()
                .filter(name -> name.toLowerCase(Locale.ROOT).endsWith(".gguf"))
                .toList();
        if (names.isEmpty()) {
            return "; it has no GGUF file";
        }
        return "; name one of its GGUF files as hf:org/name@revision/FILE: "
                + String.join(
                        ", ",
                        names.stream().limit(NAMES_SHOWN).map(HubSpec::shown).toList())
                + (names.size() > NAMES_SHOWN ? ", ... (" + names.size() + ")" : "");
    }

    /** The files that an index of weights names, each checked to be a name and no path. */
    private static Set<String> shards(Path index) throws IOException {
        if (Files.size(index) > WeightJson.LONGEST) {
            throw new ModelFileException(index, "is longer than " + WeightJson.LONGEST + " bytes");
        }
        Set<String> shards = new LinkedHashSet<>();
        try (WeightJson json = new WeightJson(index, "index", Files.readAllBytes(index))) {
            json.expect(JsonToken.START_OBJECT, "index: is no object");
            for (String field = json.nextField(); field != null; field = json.nextField()) {
                if (!field.equals("weight_map")) {
                    json.skipNext();
                    continue;
                }
                json.expect(JsonToken.START_OBJECT, "weight_map: is no object");
                for (String name = json.nextField(); name != null; name = json.nextField()) {
                    String shard = json.nextString("tensor " + HubSpec.shown(name) + ": its file name is no string");
                    if (!HubSpec.isFile(shard) || shard.contains("/")) {
                        throw ModelFileException.tensor(
                                index,
                                name,
                                "the index puts it in " + HubSpec.shown(shard)
                                        + ", which is no file of the model; download it from a source you trust");
                    }
                    shards.add(shard);
                }
            }
            json.end();
        }
        return shards;
    }

    /** Brings the files that are not there yet to the folder of the commit. */
    private void fetch(List<String> names, HubListing listing, HubSpec spec, HubCache cache)
            throws IOException, InterruptedException {
        Path folder = cache.snapshot(listing.commit());
        List<HubFile> files = new ArrayList<>();
        long needed = 0;
        for (String name : missing(folder, names)) {
            HubFile file = client.describe(spec, listing.commit(), name);
            files.add(file);
            if (!cache.hasBlob(file)) {
                Path partial = cache.partial(file);
                needed += Math.max(0, file.bytes() - (Files.exists(partial) ? Files.size(partial) : 0));
            }
        }
        if (files.isEmpty()) {
            return;
        }
        Files.createDirectories(cache.blobs());
        // Told before hours of downloading rather than at the file that does not fit.
        HubClient.refuseWithoutRoom(spec, needed, machine.usableBytes(cache.blobs()), cache.blobs());
        for (HubFile file : files) {
            cache.locked(file.etag(), () -> {
                if (!cache.hasBlob(file)) {
                    long most = isSmall(file.name()) ? SMALL_LIMIT : Long.MAX_VALUE;
                    new HubDownload(client, machine, listener, spec, file, most, cache.partial(file)).run();
                    cache.finish(file);
                }
                cache.link(listing.commit(), file);
            });
        }
    }

    private static boolean isSmall(String name) {
        return SMALL_FILES.contains(name) || name.equals(SafetensorsFolder.INDEX);
    }
}
