package dev.retort.model;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.retort.data.SeededRandom;
import dev.retort.op.Autograd;
import dev.retort.op.Ops;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * A model's arrays under their Hugging Face names, which of them are trained, and the adapters on its linear modules.
 *
 * <p>A frozen array gets no gradient and no optimiser state.
 */
public final class Weights implements AutoCloseable {

    private static final long MOST_COPIED = 2L << 30;

    private final NDManager manager;
    private final Map<String, NDArray> arrays = new LinkedHashMap<>();
    private final Map<String, Adapter> adapters = new LinkedHashMap<>();
    private final Map<String, NDArray> merged = new LinkedHashMap<>();
    private final Map<String, NDArray> rounded = new LinkedHashMap<>();
    private final Map<String, NDArray> columns = new LinkedHashMap<>();
    private final Map<String, NDList> integers = new LinkedHashMap<>();
    private final Set<String> linearModules = new TreeSet<>();
    private LoraConfig loraConfig;
    private boolean training;

    record Adapter(NDArray a, NDArray b, double scale) {}

    Weights(NDManager manager) {
        this.manager = manager;
    }

    /** The manager that the arrays belong to; it says their device. */
    public NDManager manager() {
        return manager;
    }

    void put(String name, NDArray array) {
        array.attach(manager);
        arrays.put(name, array);
    }

    void declareLinear(String module) {
        linearModules.add(module);
    }

    /** The base arrays by name, adapters not included. */
    public Map<String, NDArray> arrays() {
        return Collections.unmodifiableMap(arrays);
    }

    /** The names of the linear modules an adapter may sit on, without the head. */
    public Set<String> linearModules() {
        return Collections.unmodifiableSet(linearModules);
    }

    /** An array by its whole name. */
    public NDArray get(String name) {
        NDArray array = arrays.get(name);
        if (array == null) {
            throw new IllegalArgumentException("the model has no weight named " + name);
        }
        return array;
    }

    public boolean has(String name) {
        return arrays.containsKey(name);
    }

    /** x [.., I] through the linear module of this name, its bias and adapter included, giving [.., O]. */
    NDArray linear(String module, NDArray x) {
        NDArray y = Ops.linear(x, get(module + ".weight"), arrays.get(module + ".bias"));
        return adapt(module, x, y);
    }

    /** As {@link #linear} for GPT-2's layers, whose weights are [I, O]. */
    NDArray conv1d(String module, NDArray x) {
        NDArray y = Ops.conv1d(x, get(module + ".weight"), get(module + ".bias"));
        return adapt(module, x, y);
    }

    private NDArray adapt(String module, NDArray x, NDArray y) {
        Adapter adapter = adapters.get(module);
        if (adapter == null) {
            return y;
        }
        double dropout = training && Autograd.isRecording() ? loraConfig.loraDropout() : 0;
        return Ops.lora(x, y, adapter.a(), adapter.b(), adapter.scale(), dropout);
    }

    /** Whether dropout acts while gradients are recorded. */
    public void setTraining(boolean value) {
        training = value;
    }

    boolean isTraining() {
        return training;
    }

    /** Marks which base arrays are trained; the others are frozen. */
    public void train(Predicate<String> names) {
        closeDerived();
        arrays.forEach((name, array) -> {
            array.setRequiresGradient(names.test(name));
            if (array.hasGradient()) {
                Autograd.startGradient(array);
            }
        });
    }

    /** The trained arrays by name, adapters under PEFT's names, in a fixed order. */
    public Map<String, NDArray> trainable() {
        Map<String, NDArray> trained = new LinkedHashMap<>();
        arrays.forEach((name, array) -> {
            if (array.hasGradient()) {
                trained.put(name, array);
            }
        });
        trained.putAll(adapterArrays());
        return trained;
    }

    /** How many numbers are trained. */
    public long trainableCount() {
        return trainable().values().stream().mapToLong(NDArray::size).sum();
    }

    /** The adapter configuration, or null where there is none. */
    public LoraConfig loraConfig() {
        return loraConfig;
    }

    /**
     * Puts fresh adapters on the modules that the configuration names and freezes everything else: A uniform as
     * PyTorch's Kaiming initialisation with a = sqrt(5), B zero, so that the model starts unchanged.
     *
     * @throws IllegalArgumentException if no module matches
     */
    public void addLora(LoraConfig config, long seed) {
        if (loraConfig != null) {
            throw new IllegalStateException("the model has adapters already; merge them first");
        }
        List<String> modules = linearModules.stream().filter(config::matches).toList();
        if (modules.isEmpty()) {
            throw new IllegalArgumentException("target_modules " + config.targetModules()
                    + " match no linear module; the model has " + lastParts(linearModules));
        }
        train(name -> false);
        loraConfig = config;
        for (String module : modules) {
            Shape shape = get(module + ".weight").getShape();
            long in = isConv1d(module) ? shape.get(0) : shape.get(1);
            long out = isConv1d(module) ? shape.get(1) : shape.get(0);
            SplittableRandom random = SeededRandom.of(seed, "lora", module);
            float bound = (float) (1 / Math.sqrt((double) in));
            int rank = config.rank(module);
            float[] a = new float[Math.toIntExact(rank * in)];
            for (int i = 0; i < a.length; i++) {
                a[i] = (float) (random.nextDouble() * 2 - 1) * bound;
            }
            setAdapter(
                    module,
                    manager.create(a, new Shape(rank, in)),
                    manager.zeros(new Shape(out, rank), DataType.FLOAT32));
        }
    }

    void setLoraConfig(LoraConfig config) {
        closeDerived();
        loraConfig = config;
    }

    void setAdapter(String module, NDArray a, NDArray b) {
        a.attach(manager);
        b.attach(manager);
        a.setRequiresGradient(true);
        b.setRequiresGradient(true);
        Autograd.startGradient(a);
        Autograd.startGradient(b);
        adapters.put(module, new Adapter(a, b, loraConfig.scale(module)));
    }

    /** The adapter on a linear module, or null. */
    Adapter adapter(String module) {
        return adapters.get(module);
    }

    /**
     * The weight of a module (a norm's, too) with its adapter added, as both are now. Where there is an adapter the array
     * is written anew by each call and kept for the next.
     */
    NDArray merged(String module) {
        NDArray weight = get(module + ".weight");
        Adapter adapter = adapters.get(module);
        if (adapter == null) {
            return weight;
        }
        NDArray sum = merged.computeIfAbsent(module, key -> manager.create(weight.getShape(), weight.getDataType()));
        Ops.mergeLora(sum, weight, adapter.a(), adapter.b(), adapter.scale());
        return sum;
    }

    /** As {@link #merged}, in bfloat16. What neither is trained nor has an adapter is rounded once. */
    NDArray rounded(String module) {
        NDArray weight = get(module + ".weight");
        Adapter adapter = adapters.get(module);
        NDArray copy = rounded.get(module);
        if (copy == null) {
            copy = Ops.toBfloat16(weight);
            rounded.put(module, copy);
        } else if (weight.hasGradient()) {
            Ops.assign(copy, weight);
        }
        if (adapter != null) {
            Ops.mergeLora(copy, weight, adapter.a(), adapter.b(), adapter.scale());
        }
        return copy;
    }

    /**
     * Whether products with a single row may have copies of the weights ({@link #columns}): on the CPU, in float32, where nothing
     * is trained or adapted, and of no more than 2 GiB.
     */
    synchronized boolean hasColumns() {
        if (!columns.isEmpty()) {
            return true;
        }
        return loraConfig == null
                && manager.getDevice().equals(Device.cpu())
                && arrays.values().stream().mapToLong(NDArray::size).sum() <= MOST_COPIED / Float.BYTES
                && arrays.values().stream()
                        .noneMatch(array -> array.hasGradient() || array.getDataType() != DataType.FLOAT32);
    }

    /** The weights of modules below one another, as {@link Ops#byColumns} lays them; copied once. Only where {@link #hasColumns}. */
    synchronized NDArray columns(List<String> modules) {
        return columns.computeIfAbsent(String.join(" ", modules), key -> {
            NDList parts = new NDList();
            modules.forEach(module -> parts.add(get(module + ".weight")));
            if (parts.size() == 1) {
                return Ops.byColumns(parts.get(0));
            }
            try (NDArray all = NDArrays.concat(parts)) {
                return Ops.byColumns(all);
            }
        });
    }

    /**
     * The weights of modules below one another as {@link Ops#toInt8} gives them, adapters added: as they are now where one of them
     * is trained or adapted, else made once.
     */
    synchronized NDList integers(List<String> modules) {
        String key = String.join(" ", modules);
        NDList made = integers.get(key);
        boolean isMoving = modules.stream()
                .anyMatch(module ->
                        adapters.containsKey(module) || get(module + ".weight").hasGradient());
        if (made != null && !isMoving) {
            return made;
        }
        if (made != null) {
            made.close();
        }
        NDList parts = new NDList();
        modules.forEach(module -> parts.add(merged(module)));
        if (parts.size() == 1) {
            made = Ops.toInt8(parts.get(0));
        } else {
            try (NDArray all = NDArrays.concat(parts)) {
                made = Ops.toInt8(all);
            }
        }
        made.attach(manager);
        integers.put(key, made);
        return made;
    }

    /** Forgets what was made of the weights, for they change. */
    private void closeDerived() {
        closeAll(rounded);
        closeAll(columns);
        integers.values().forEach(NDList::close);
        integers.clear();
    }

    private static void closeAll(Map<String, NDArray> derived) {
        derived.values().forEach(NDArray::close);
        derived.clear();
    }

    boolean isConv1d(String module) {
        return module.startsWith("transformer.h.");
    }

    /** The adapters' arrays as PEFT names them within the model: MODULE.lora_A.weight [r, I], MODULE.lora_B.weight [O, r]. */
    public Map<String, NDArray> adapterArrays() {
        Map<String, NDArray> named = new LinkedHashMap<>();
        adapters.forEach((module, adapter) -> {
            named.put(module + ".lora_A.weight", adapter.a());
            named.put(module + ".lora_B.weight", adapter.b());
        });
        return named;
    }

    /** Adds every adapter's product to its weight and removes the adapters. */
    public void mergeLora() {
        adapters.forEach((module, adapter) -> {
            NDArray weight = get(module + ".weight");
            try (NDManager scratch = manager.newSubManager()) {
                NDArray b = adapter.b().duplicate();
                b.attach(scratch);
                NDArray delta = b.matMul(adapter.a()).mul(adapter.scale());
                Ops.assign(weight, (isConv1d(module) ? delta.transpose() : delta).add(weight));
            }
            adapter.a().close();
            adapter.b().close();
        });
        closeAll(merged);
        closeDerived();
        adapters.clear();
        loraConfig = null;
    }

    static List<String> lastParts(Set<String> modules) {
        List<String> parts = new ArrayList<>();
        for (String module : modules) {
            String last = module.substring(module.lastIndexOf('.') + 1);
            if (!parts.contains(last)) {
                parts.add(last);
            }
        }
        return parts;
    }

    /** Frees the arrays. Waits for a training of another thread to end. */
    @Override
    public void close() {
        Autograd.turn().lock();
        try {
            manager.close();
        } finally {
            Autograd.turn().unlock();
        }
    }
}
