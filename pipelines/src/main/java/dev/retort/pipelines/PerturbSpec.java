package dev.retort.pipelines;

import dev.retort.filter.Perturbation;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * A kind of perturbation and how many variants of each question it shall make.
 *
 * @param variants 1 to {@link Perturbation#MOST_VARIANTS}; where a question has fewer, it gets those
 */
public record PerturbSpec(Perturbation kind, int variants) implements Serializable {

    private static final Pattern COUNT = Pattern.compile("[0-9]{1,9}");

    public PerturbSpec {
        if (variants < 1 || variants > Perturbation.MOST_VARIANTS) {
            throw new IllegalArgumentException(kind.title() + ": a question can have 1 to " + Perturbation.MOST_VARIANTS
                    + " variants of a kind, not " + variants);
        }
    }

    /**
     * Reads a list such as {@code option-reorder:2,name-swap}: kinds between commas, each with how many variants it shall
     * make behind a colon, else 1.
     *
     * @throws IllegalArgumentException with one line that says what is wrong
     */
    public static List<PerturbSpec> parse(String text) {
        List<PerturbSpec> specs = new ArrayList<>();
        for (String item : text.split(",", -1)) {
            int colon = item.indexOf(':');
            Perturbation kind = Perturbation.fromName((colon < 0 ? item : item.substring(0, colon)).strip());
            String count = colon < 0 ? "1" : item.substring(colon + 1).strip();
            if (!COUNT.matcher(count).matches()) {
                throw new IllegalArgumentException(
                        kind.title() + ": the number of variants must be a whole number, not " + count);
            }
            specs.add(new PerturbSpec(kind, Integer.parseInt(count)));
        }
        checkKinds(specs);
        return List.copyOf(specs);
    }

    /** Refuses a list that names no kind, or one twice: its variants would have the same ids. */
    static void checkKinds(List<PerturbSpec> specs) {
        if (specs.isEmpty()) {
            throw new IllegalArgumentException("no perturbation is named");
        }
        Set<Perturbation> kinds = EnumSet.noneOf(Perturbation.class);
        for (PerturbSpec spec : specs) {
            if (!kinds.add(spec.kind)) {
                throw new IllegalArgumentException(spec.kind.title() + " is named twice");
            }
        }
    }

    /** As it is read. */
    @Override
    public String toString() {
        return variants == 1 ? kind.title() : kind.title() + ":" + variants;
    }
}
