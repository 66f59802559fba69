package dev.retort.model;

import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * The safetensors weights of a Hugging Face folder: model.safetensors, or else the shards that
 * model.safetensors.index.json names. All headers are checked when the folder is opened.
 */
public final class SafetensorsFolder implements TensorSource {

    /** The name of weights in one file. */
    public static final String SINGLE_FILE = "model.safetensors";

    /** The name of the index of weights in shards. */
    public static final String INDEX = "model.safetensors.index.json";

    private final Path folder;
    private final Map<String, SafetensorsFile> shards;
    private final Map<String, SafetensorsFile> fileOfTensor;

    private SafetensorsFolder(Path folder) {
        this.folder = folder;
        shards = new LinkedHashMap<>();
        fileOfTensor = new LinkedHashMap<>();
    }

    /**
     * Opens the weights of a folder.
     *
     * @throws ModelFileException when the folder or its weights are missing, an index names anything but a file of the
     *     folder, or a file is not whole and valid
     */
    public static SafetensorsFolder open(Path folder) throws ModelFileException {
        SafetensorsFolder source = new SafetensorsFolder(folder);
        try {
            source.load();
            return source;
        } catch (ModelFileException | RuntimeException e) {
            try {
                source.close();
            } catch (IOException closing) {
                e.addSuppressed(closing);
            }
            throw e;
        }
    }

    @Override
    public Path path() {
        return folder;
    }

    @Override
    public Set<String> names() {
        return Collections.unmodifiableSet(fileOfTensor.keySet());
    }

    @Override
    public long[] shape(String name) throws ModelFileException {
        return file(name).shape(name);
    }

    @Override
    public WeightDtype dtype(String name) throws ModelFileException {
        return file(name).dtype(name);
    }

    @Override
    public void readFloats(String name, FloatBuffer target) throws ModelFileException {
        file(name).readFloats(name, target);
    }

    @Override
    public ByteBuffer readRaw(String name) throws ModelFileException {
        return file(name).readRaw(name);
    }

    @Override
    public void close() throws IOException {
        IOException failure = null;
        for (SafetensorsFile shard : shards.values()) {
            try {
                shard.close();
            } catch (IOException e) {
                if (failure == null) {
                    failure = e;
                } else {
                    failure.addSuppressed(e);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    private SafetensorsFile file(String name) throws ModelFileException {
        SafetensorsFile file = fileOfTensor.get(name);
        if (file == null) {
            throw ModelFileException.tensor(
                    folder,
                    name,
                    "is not among the " + fileOfTensor.size()
                            + " tensors; check that the weights belong to config.json");
        }
        return file;
    }

    private void load() throws ModelFileException {
        if (!Files.isDirectory(folder)) {
            throw new ModelFileException(
                    folder,
                    Files.exists(folder)
                            ? "is a file, not a model folder; give the folder that holds config.json"
                            : "there is no such folder; download the model there, or correct the path");
        }
        Path single = folder.resolve(SINGLE_FILE);
        Path index = folder.resolve(INDEX);
        if (Files.exists(single)) {
            SafetensorsFile file = SafetensorsFile.open(single);
            shards.put(SINGLE_FILE, file);
            for (String name : file.names()) {
                fileOfTensor.put(name, file);
            }
        } else if (Files.exists(index)) {
            loadShards(index);
        } else {
            throw new ModelFileException(
                    folder,
                    "holds neither " + SINGLE_FILE + " nor " + INDEX
                            + "; download the model's safetensors weights (pytorch_model.bin is not read)");
        }
    }

    private void loadShards(Path index) throws ModelFileException {
        boolean hasMap = false;
        try (WeightJson json = new WeightJson(index, "index", bytes(index))) {
            json.expect(JsonToken.START_OBJECT, "index: is no object");
            for (String field = json.nextField(); field != null; field = json.nextField()) {
                if (!field.equals("weight_map")) {
                    json.skipNext();
                } else if (hasMap) {
                    throw json.wrong("weight_map: stands there twice");
                } else {
                    hasMap = true;
                    loadWeightMap(index, json);
                }
            }
            json.end();
            if (!hasMap) {
                throw json.wrong("index: has no weight_map");
            }
        }
    }

    private void loadWeightMap(Path index, WeightJson json) throws ModelFileException {
        json.expect(JsonToken.START_OBJECT, "weight_map: is no object");
        for (String name = json.nextField(); name != null; name = json.nextField()) {
            String fileName =
                    json.nextString("tensor " + ModelFileException.printable(name) + ": its file name is no string");
            SafetensorsFile shard = shards.get(fileName);
            if (shard == null) {
                shard = SafetensorsFile.open(shardPath(index, name, fileName));
                shards.put(fileName, shard);
            }
            if (!shard.names().contains(name)) {
                throw ModelFileException.tensor(
                        index,
                        name,
                        "is not in " + ModelFileException.printable(fileName)
                                + ", where the index puts it; download the index and its shards again");
            }
            if (fileOfTensor.put(name, shard) != null) {
                throw ModelFileException.tensor(index, name, "stands there twice; download the index again");
            }
        }
    }

    private Path shardPath(Path index, String name, String fileName) throws ModelFileException {
        if (fileName.isEmpty() || fileName.equals("..") || fileName.contains("/") || fileName.contains("\\")) {
            throw outside(index, name, fileName);
        }
        Path shard;
        try {
            shard = folder.resolve(fileName);
        } catch (InvalidPathException e) {
            ModelFileException failure = outside(index, name, fileName);
            failure.initCause(e);
            throw failure;
        }
        if (!Files.exists(shard)) {
            throw new ModelFileException(shard, "there is no such file; download this shard of the model");
        }
        boolean allowed;
        try {
            allowed = isAllowed(shard.toRealPath(), folder.toRealPath());
        } catch (IOException e) {
            throw new ModelFileException(shard, "cannot be read (" + e + "); check the folder", e);
        }
        if (!allowed) {
            throw outside(index, name, fileName);
        }
        return shard;
    }

    private static ModelFileException outside(Path index, String name, String fileName) {
        return ModelFileException.tensor(
                index,
                name,
                "the index puts it in " + ModelFileException.printable(fileName)
                        + ", which is not a file of this folder; download the model from a source you trust");
    }

    /** A link may not leave the folder, except as the Hugging Face cache links snapshots/REVISION/F to blobs/HASH. */
    private static boolean isAllowed(Path realShard, Path realFolder) {
        if (realShard.startsWith(realFolder)) {
            return true;
        }
        Path snapshots = realFolder.getParent();
        if (snapshots == null || !snapshots.endsWith("snapshots")) {
            return false;
        }
        // Newer caches keep blobs beside all models and link to them from the model's own.
        Path model = snapshots.getParent();
        return model.resolve("blobs").equals(realShard.getParent())
                || realShard.startsWith(model.resolveSibling("blobs"));
    }

    private static byte[] bytes(Path index) throws ModelFileException {
        try (WeightChannel channel = WeightChannel.open(index, "download the model again")) {
            if (channel.size() > WeightJson.LONGEST) {
                throw new ModelFileException(
                        index,
                        "has " + channel.size() + " bytes, more than the " + WeightJson.LONGEST
                                + " that an index may have; " + channel.advice());
            }
            ByteBuffer bytes = ByteBuffer.allocate((int) channel.size());
            channel.read(0, bytes);
            return bytes.array();
        } catch (ModelFileException e) {
            throw e;
        } catch (IOException e) {
            throw new ModelFileException(index, "cannot be closed (" + e + "); check the disk", e);
        }
    }
}
