package dev.retort.filter;

import dev.retort.answer.VoteRule;
import dev.retort.data.Nearest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@link FilterSpec} from and to text. */
final class FilterSpecText {

    private static final String STRICT = new VoteRule.StrictMajority().title();
    private static final String REJECT = "reject";
    private static final String KEEP = "keep";
    private static final String WORDS = "words";

    /** The parameters of every filter with their defaults, in the order in which they are written. */
    private static final Map<String, Map<String, String>> DEFAULTS = defaults();

    private static final Pattern ITEM = Pattern.compile("([^:()=]*+)(?:\\((.*)\\)|:(.*))?", Pattern.DOTALL);
    private static final Pattern BOUNDS = Pattern.compile("([0-9]+)-([0-9]+)");

    private FilterSpecText() {}

    private static Map<String, Map<String, String>> defaults() {
        Map<String, Map<String, String>> all = new LinkedHashMap<>();
        all.put("output-consistency", parameters("rule", STRICT, "answer", "text", "samples", "0"));
        all.put(
                "perturbation",
                parameters(
                        "rule",
                        STRICT,
                        "answer",
                        "text",
                        "samples",
                        "0",
                        "variant-samples",
                        "0",
                        "not-perturbed",
                        REJECT));
        all.put("reference", parameters("answer", "text"));
        all.put("length", parameters(WORDS, "1-1000"));
        all.put("format", parameters());
        all.put("truncated", parameters());
        all.put("near-duplicate", parameters("n", "8", "threshold", "0.8"));
        all.put("decontamination", parameters("masked", "yes", "n", "8", "threshold", "0.8"));
        return all;
    }

    private static Map<String, String> parameters(String... keysAndValues) {
        Map<String, String> parameters = new LinkedHashMap<>();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            parameters.put(keysAndValues[i], keysAndValues[i + 1]);
        }
        return parameters;
    }

    static List<FilterSpec> parse(String text) {
        List<FilterSpec> specs = new ArrayList<>();
        for (String item : items(text)) {
            specs.add(spec(item.strip()));
        }
        return List.copyOf(specs);
    }

    /** The parts between commas outside parentheses. */
    private static List<String> items(String text) {
        List<String> items = new ArrayList<>();
        int depth = 0;
        int from = 0;
        for (int i = 0; i < text.length(); i++) {
            char character = text.charAt(i);
            depth += character == '(' ? 1 : character == ')' ? -1 : 0;
            if (character == ',' && depth == 0) {
                items.add(text.substring(from, i));
                from = i + 1;
            }
        }
        items.add(text.substring(from));
        return items;
    }

    private static FilterSpec spec(String item) {
        Matcher matcher = ITEM.matcher(item);
        String name = matcher.matches() ? matcher.group(1).strip() : item;
        Map<String, String> defaults = DEFAULTS.get(name);
        if (name.isEmpty()) {
            throw new IllegalArgumentException("a filter's name is missing; there are " + names());
        }
        if (defaults == null) {
            throw new IllegalArgumentException("no filter is named " + name + "; did you mean "
                    + Nearest.of(name, DEFAULTS.keySet()).orElse("") + "? There are " + names());
        }
        String inside = matcher.group(2);
        String behind = matcher.group(3);
        String[] given =
                inside != null ? inside.split(",", -1) : behind != null ? behind.split(":", -1) : new String[0];
        return spec(name, values(name, defaults, given));
    }

    private static String names() {
        return String.join(", ", DEFAULTS.keySet());
    }

    private static Map<String, String> values(String name, Map<String, String> defaults, String[] given) {
        Map<String, String> values = new LinkedHashMap<>();
        for (String parameter : given) {
            int equals = parameter.indexOf('=');
            // The length's bounds are its only parameter and go without a name.
            String key = equals < 0 && defaults.containsKey(WORDS)
                    ? WORDS
                    : parameter.substring(0, Math.max(0, equals)).strip();
            if (equals < 0 && key.isEmpty()) {
                throw new IllegalArgumentException(
                        name + ": \"" + parameter.strip() + "\" is no parameter such as key=value; " + takes(defaults));
            }
            if (!defaults.containsKey(key)) {
                String meant = Nearest.of(key, defaults.keySet())
                        .map(nearest -> "; did you mean " + nearest + "?")
                        .orElse(".");
                throw new IllegalArgumentException(name + " has no parameter " + key + meant + " It "
                        + takes(defaults).substring(3));
            }
            if (values.put(key, parameter.substring(equals + 1).strip()) != null) {
                throw new IllegalArgumentException(name + ": the parameter " + key + " is given twice");
            }
        }
        Map<String, String> all = new LinkedHashMap<>(defaults);
        all.putAll(values);
        return all;
    }

    private static String takes(Map<String, String> defaults) {
        return defaults.isEmpty() ? "it takes no parameters" : "it takes " + String.join(", ", defaults.keySet());
    }

    private static FilterSpec spec(String name, Map<String, String> values) {
        try {
            return switch (name) {
                case "output-consistency" -> new FilterSpec.OutputConsistency(
                        values.get("rule"), AnswerForm.fromName(values.get("answer")), whole(values, "samples"));
                case "perturbation" -> new FilterSpec.PerturbationConsistency(
                        values.get("rule"),
                        AnswerForm.fromName(values.get("answer")),
                        whole(values, "samples"),
                        whole(values, "variant-samples"),
                        either(values, "not-perturbed", KEEP, REJECT));
                case "reference" -> new FilterSpec.Reference(AnswerForm.fromName(values.get("answer")));
                case "length" -> length(values.get(WORDS));
                case "format" -> new FilterSpec.Format();
                case "truncated" -> new FilterSpec.Truncated();
                case "near-duplicate" -> new FilterSpec.NearDuplicate(whole(values, "n"), number(values, "threshold"));
                case "decontamination" -> new FilterSpec.Decontaminated(
                        either(values, "masked", "yes", "no"), whole(values, "n"), number(values, "threshold"));
                default -> throw new IllegalStateException("filter " + name + " has defaults but is not made");
            };
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(name + ": " + e.getMessage(), e);
        }
    }

    private static FilterSpec length(String words) {
        Matcher bounds = BOUNDS.matcher(words);
        if (!bounds.matches()) {
            throw new IllegalArgumentException("bounds are written as LEAST-MOST words such as 1-200, not " + words);
        }
        return new FilterSpec.Length(whole("least", bounds.group(1)), whole("most", bounds.group(2)));
    }

    private static int whole(Map<String, String> values, String key) {
        return whole(key, values.get(key));
    }

    private static int whole(String key, String value) {
        try {
            return Integer.parseInt(value);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(key + " must be a whole number, not " + value, e);
        }
    }

    private static double number(Map<String, String> values, String key) {
        try {
            return Double.parseDouble(values.get(key));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(key + " must be a number, not " + values.get(key), e);
        }
    }

    private static boolean either(Map<String, String> values, String key, String yes, String no) {
        String value = values.get(key);
        if (!value.equals(yes) && !value.equals(no)) {
            throw new IllegalArgumentException(key + " must be " + yes + " or " + no + ", not " + value);
        }
        return value.equals(yes);
    }

    static VoteRule rule(String text) {
        return VoteRule.named(text)
                .orElseThrow(() -> new IllegalArgumentException(
                        "rule must be strict, plurality or a fraction such as 0.6, not " + text));
    }

    static void notNegative(String key, int value) {
        if (value < 0) {
            throw new IllegalArgumentException(key + " must not be negative, but is " + value);
        }
    }

    static String write(FilterSpec.OutputConsistency spec) {
        return write(
                "output-consistency",
                "rule",
                spec.rule(),
                "answer",
                spec.answer().title(),
                "samples",
                Integer.toString(spec.samples()));
    }

    static String write(FilterSpec.PerturbationConsistency spec) {
        return write(
                "perturbation",
                "rule",
                spec.rule(),
                "answer",
                spec.answer().title(),
                "samples",
                Integer.toString(spec.samples()),
                "variant-samples",
                Integer.toString(spec.variantSamples()),
                "not-perturbed",
                spec.keepNotPerturbed() ? KEEP : REJECT);
    }

    static String write(FilterSpec.Reference spec) {
        return write("reference", "answer", spec.answer().title());
    }

    static String write(FilterSpec.Length spec) {
        return write("length", WORDS, spec.least() + "-" + spec.most());
    }

    static String write(FilterSpec.NearDuplicate spec) {
        return write("near-duplicate", "n", Integer.toString(spec.n()), "threshold", Double.toString(spec.threshold()));
    }

    static String write(FilterSpec.Decontaminated spec) {
        return write(
                "decontamination",
                "masked",
                spec.masked() ? "yes" : "no",
                "n",
                Integer.toString(spec.n()),
                "threshold",
                Double.toString(spec.threshold()));
    }

    private static String write(String name, String... keysAndValues) {
        StringBuilder text = new StringBuilder(name);
        parameters(keysAndValues).forEach((key, value) -> {
            if (!value.equals(DEFAULTS.get(name).get(key))) {
                text.append(':').append(key.equals(WORDS) ? "" : key + "=").append(value);
            }
        });
        return text.toString();
    }
}
