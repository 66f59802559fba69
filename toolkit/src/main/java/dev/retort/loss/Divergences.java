package dev.retort.loss;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleFunction;

/** Divergences by name, as {@code retort loss} and configurations call them. */
public final class Divergences {

    /**
     * A named divergence.
     *
     * @param settings the key and usual value of its setting; empty where it has none
     * @param make the divergence with a setting
     */
    private record Named(Map<String, Double> settings, DoubleFunction<Divergence> make) {

        static Named plain(Divergence divergence) {
            return new Named(Map.of(), setting -> divergence);
        }
    }

    private static final Map<String, Named> ALL = all();

    private Divergences() {}

    private static Map<String, Named> all() {
        Map<String, Named> all = new LinkedHashMap<>();
        all.put("teacher-cross-entropy", Named.plain(new TeacherCrossEntropy()));
        all.put("forward-kl", Named.plain(new ForwardKl()));
        all.put("reverse-kl", Named.plain(new ReverseKl()));
        all.put("symmetric-kl", Named.plain(new SymmetricKl()));
        all.put("total-variation", Named.plain(new TotalVariation()));
        all.put("jsd", new Named(Map.of("beta", 0.5), JensenShannon::new));
        all.put("skew-kl", new Named(Map.of("alpha", 0.1), SkewKl::new));
        all.put("skew-reverse-kl", new Named(Map.of("alpha", 0.1), SkewReverseKl::new));
        all.put("adaptive-kl", new Named(Map.of("mu", 0.5), AdaptiveKl::new));
        return Collections.unmodifiableMap(all);
    }

    /** Every name. */
    public static List<String> names() {
        return List.copyOf(ALL.keySet());
    }

    /**
     * The setting that a divergence has, with its usual value; empty where it has none.
     *
     * @throws IllegalArgumentException where there is no such divergence
     */
    public static Map<String, Double> settings(String name) {
        return require(name).settings();
    }

    /**
     * The divergence of a name.
     *
     * @param given its setting; the usual value where it is not given
     * @throws IllegalArgumentException where there is no such divergence, or it has no such setting
     */
    public static Divergence named(String name, Map<String, Double> given) {
        Map<String, Double> settings = new LinkedHashMap<>(settings(name));
        given.forEach((key, value) -> {
            if (settings.replace(key, value) == null) {
                throw new IllegalArgumentException(key + " is no setting of " + name);
            }
        });
        return require(name).make().apply(settings.values().stream().findFirst().orElse(0.0));
    }

    private static Named require(String name) {
        Named named = ALL.get(name);
        if (named == null) {
            throw new IllegalArgumentException(
                    "there is no divergence named " + name + "; there are " + String.join(", ", ALL.keySet()));
        }
        return named;
    }
}
