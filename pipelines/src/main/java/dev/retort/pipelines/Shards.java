package dev.retort.pipelines;

import org.apache.beam.sdk.transforms.GroupByKey;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.SerializableFunction;
import org.apache.beam.sdk.transforms.WithKeys;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.TypeDescriptors;

/** Brings rows with the same id into the same one of {@link JoinSamples#SHARDS} groups, with others beside them. */
final class Shards<T> extends PTransform<PCollection<T>, PCollection<KV<Integer, Iterable<T>>>> {

    private final SerializableFunction<T, String> id;

    private Shards(SerializableFunction<T, String> id) {
        this.id = id;
    }

    /** Groups by what this gives. */
    static <T> Shards<T> by(SerializableFunction<T, String> id) {
        return new Shards<>(id);
    }

    @Override
    public PCollection<KV<Integer, Iterable<T>>> expand(PCollection<T> rows) {
        SerializableFunction<T, String> idOf = id;
        return rows.apply(
                        "Key",
                        WithKeys.<Integer, T>of(row -> JoinSamples.shard(idOf.apply(row)))
                                .withKeyType(TypeDescriptors.integers()))
                .apply("Group", GroupByKey.create());
    }
}
