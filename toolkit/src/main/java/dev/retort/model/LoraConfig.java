package dev.retort.model;

import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Low-rank adapters (Hu et al. 2021), named as in PEFT.
 *
 * @param r rank, at least 1
 * @param loraAlpha the update is scaled by loraAlpha / r, or loraAlpha / sqrt(r) with useRslora
 * @param loraDropout probability in [0, 1) that an input element of the adapter is dropped in training
 * @param targetModules last parts of module names ("q_proj"), whole names, "all-linear", or one regular expression over
 *     whole names
 * @param useRslora rank-stabilised scaling (Kalajdzievski 2023)
 * @param rankPattern other ranks for modules whose name ends in the key, which may be a regular expression
 * @param alphaPattern other alphas likewise
 */
public record LoraConfig(
        Integer r,
        Double loraAlpha,
        Double loraDropout,
        List<String> targetModules,
        Boolean useRslora,
        Map<String, Integer> rankPattern,
        Map<String, Double> alphaPattern) {

    public LoraConfig {
        r = r == null ? Integer.valueOf(8) : r;
        loraAlpha = loraAlpha == null ? Double.valueOf(2 * r) : loraAlpha;
        loraDropout = loraDropout == null ? Double.valueOf(0) : loraDropout;
        targetModules =
                targetModules == null || targetModules.isEmpty() ? List.of("all-linear") : List.copyOf(targetModules);
        useRslora = Boolean.TRUE.equals(useRslora);
        rankPattern = rankPattern == null ? Map.of() : Map.copyOf(rankPattern);
        alphaPattern = alphaPattern == null ? Map.of() : Map.copyOf(alphaPattern);
        if (r < 1 || r > 4096) {
            throw new IllegalArgumentException("r must be 1 to 4096, not " + r);
        }
        if (!Double.isFinite(loraAlpha)) {
            throw new IllegalArgumentException("lora_alpha must be a finite number");
        }
        if (!(loraDropout >= 0 && loraDropout < 1)) {
            throw new IllegalArgumentException("lora_dropout must be in [0, 1), not " + loraDropout);
        }
    }

    /** Without patterns. */
    public LoraConfig(Integer r, Double loraAlpha, Double loraDropout, List<String> targetModules, Boolean useRslora) {
        this(r, loraAlpha, loraDropout, targetModules, useRslora, null, null);
    }

    /** The rank of a module's adapter. */
    public int rank(String module) {
        return pattern(rankPattern, module, r);
    }

    /** What a module's low-rank product is multiplied by. */
    public double scale(String module) {
        double alpha = pattern(alphaPattern, module, loraAlpha);
        return useRslora ? alpha / Math.sqrt(rank(module)) : alpha / rank(module);
    }

    private static <T> T pattern(Map<String, T> pattern, String module, T absent) {
        for (Map.Entry<String, T> entry : pattern.entrySet()) {
            if (Pattern.matches("(.*\\.)?(" + entry.getKey() + ")", module)) {
                return entry.getValue();
            }
        }
        return absent;
    }

    /** Whether a linear module, by its whole name, gets an adapter. */
    public boolean matches(String module) {
        if (targetModules.size() == 1) {
            String only = targetModules.get(0);
            if (only.equals("all-linear")) {
                return true;
            }
            if (only.matches(".*[^A-Za-z0-9_.].*")) {
                try {
                    return Pattern.matches(only, module);
                } catch (PatternSyntaxException e) {
                    throw new IllegalArgumentException("target_modules is not a regular expression: " + only, e);
                }
            }
        }
        return targetModules.stream().anyMatch(target -> module.equals(target) || module.endsWith("." + target));
    }
}
