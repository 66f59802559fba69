package dev.retort.prompt;

import dev.retort.prompt.JinjaValues.Arguments;
import dev.retort.prompt.JinjaValues.Method;
import dev.retort.prompt.JinjaValues.Tuple;
import dev.retort.prompt.JinjaValues.Undefined;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The filters ({@code value | name}) and tests ({@code value is name}) of jinja2 that chat templates use. Two differ: safe
 * leaves the value as it is, for nothing is escaped here anyway, and what is lazy in jinja2 (map, select) is a list.
 */
final class JinjaFilters {

    private JinjaFilters() {}

    static Object filter(JinjaValues values, String name, Object value, Arguments arguments) {
        values.step();
        switch (name) {
            case "upper", "lower", "capitalize", "title", "string", "safe", "e", "escape" -> {
                arguments.bind(name);
                return name.equals("safe") ? value : text(values, name, values.text(value));
            }
            case "trim" -> {
                Object characters = arguments.bind(name, "chars")[0];
                String text = values.text(value);
                values.chargeText(text.length());
                boolean absent = characters == Arguments.ABSENT || characters == null;
                values.charge(
                        absent
                                ? 0
                                : (long) text.length() * values.text(characters).length());
                return JinjaStrings.strip(text, absent ? null : values.text(characters));
            }
            case "length", "count" -> {
                arguments.bind(name);
                return values.length(value);
            }
            case "default", "d" -> {
                Object[] given = arguments.bind(name, "default_value", "boolean");
                boolean absent = value instanceof Undefined
                        || (given[1] != Arguments.ABSENT && JinjaValues.truth(given[1]) && !JinjaValues.truth(value));
                return !absent ? value : given[0] == Arguments.ABSENT ? "" : given[0];
            }
            case "replace" -> {
                Object[] given = arguments.bind(name, "old", "new", "count");
                return JinjaMethods.replace(
                        values,
                        values.text(value),
                        values.text(JinjaMethods.required(given, 0, name)),
                        values.text(JinjaMethods.required(given, 1, name)),
                        given[2] == Arguments.ABSENT || given[2] == null ? -1 : JinjaValues.integer(given[2]));
            }
            case "indent" -> {
                if (!(value instanceof String text)) {
                    throw new JinjaException("indent needs a text, not " + JinjaValues.typeName(value));
                }
                return indent(values, text, arguments);
            }
            case "tojson" -> {
                return json(values, value, arguments);
            }
            case "int" -> {
                return integer(values, value, arguments);
            }
            case "float" -> {
                JinjaValues.defined(value);
                Object given = arguments.bind(name, "default")[0];
                Object absent = given == Arguments.ABSENT ? Double.valueOf(0) : given;
                try {
                    return value instanceof String text
                            ? Double.valueOf(JinjaStrings.strip(text, null))
                            : JinjaValues.isNumber(value) ? values.arithmetic("*", value, 1.0) : absent;
                } catch (NumberFormatException e) {
                    return absent;
                }
            }
            case "abs" -> {
                arguments.bind(name);
                boolean negative = values.compare(value, 0L) < 0;
                return negative ? values.negative(value) : values.arithmetic("+", value, 0L);
            }
            case "first", "last" -> {
                arguments.bind(name);
                List<Object> items = values.iterate(value);
                if (items.isEmpty()) {
                    return new Undefined("No " + name + " item, sequence was empty.");
                }
                return items.get(name.equals("first") ? 0 : items.size() - 1);
            }
            case "list", "items", "reverse", "join", "map", "select", "reject", "selectattr", "rejectattr" -> {
                return ofItems(values, name, value, arguments);
            }
            case "sort", "dictsort", "unique", "min", "max" -> {
                return ordered(values, name, value, arguments);
            }
            default -> throw new JinjaException("No filter named '" + name + "'.");
        }
    }

    private static String text(JinjaValues values, String name, String text) {
        values.chargeText(text.length() * (name.startsWith("e") ? 5L : 1L));
        return switch (name) {
            case "upper" -> text.toUpperCase(Locale.ROOT);
            case "lower" -> text.toLowerCase(Locale.ROOT);
            case "capitalize" -> JinjaStrings.capitalize(text);
            case "title" -> JinjaStrings.title(text, false);
            case "string" -> text;
            default -> text.replace("&", "&amp;")
                    .replace(">", "&gt;")
                    .replace("<", "&lt;")
                    .replace("'", "&#39;")
                    .replace("\"", "&#34;");
        };
    }

    private static String indent(JinjaValues values, String text, Arguments arguments) {
        Object[] given = arguments.bind("indent", "width", "first", "blank");
        String by;
        if (given[0] instanceof String width) {
            by = width;
        } else {
            long width = given[0] == Arguments.ABSENT ? 4 : JinjaValues.integer(given[0]);
            values.chargeText(Math.max(0, width));
            by = " ".repeat((int) Math.max(0, width));
        }
        boolean first = given[1] != Arguments.ABSENT && JinjaValues.truth(given[1]);
        boolean blank = given[2] != Arguments.ABSENT && JinjaValues.truth(given[2]);
        List<Object> lines = JinjaStrings.lines(text + "\n");
        values.chargeItems(lines.size());
        values.chargeText(text.length() + (long) lines.size() * by.length());
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < lines.size(); i++) {
            String line = (String) lines.get(i);
            boolean indented = i == 0 ? first : blank || !line.isEmpty();
            out.append(i == 0 ? "" : "\n").append(indented ? by : "").append(line);
        }
        return out.toString();
    }

    private static String json(JinjaValues values, Object value, Arguments arguments) {
        Object[] given = arguments.bind("tojson", "ensure_ascii", "indent", "separators", "sort_keys");
        if (given[0] != Arguments.ABSENT && JinjaValues.truth(given[0])) {
            throw new JinjaException("tojson with ensure_ascii is not supported in a chat template");
        }
        String indent = null;
        if (given[1] instanceof String text) {
            indent = text;
        } else if (given[1] != Arguments.ABSENT && given[1] != null) {
            long width = Math.max(0, JinjaValues.integer(given[1]));
            values.chargeText(width);
            indent = " ".repeat((int) width);
        }
        String itemSeparator = indent == null ? ", " : ",";
        String keySeparator = ": ";
        if (given[2] != Arguments.ABSENT && given[2] != null) {
            List<Object> separators = values.iterate(given[2]);
            if (separators.size() != 2) {
                throw new JinjaException("tojson's separators must be two texts");
            }
            itemSeparator = values.text(separators.get(0));
            keySeparator = values.text(separators.get(1));
        }
        boolean sortKeys = given[3] != Arguments.ABSENT && JinjaValues.truth(given[3]);
        return values.json(value, indent, itemSeparator, keySeparator, sortKeys);
    }

    private static Object integer(JinjaValues values, Object value, Arguments arguments) {
        JinjaValues.defined(value);
        Object[] given = arguments.bind("int", "default", "base");
        Object absent = given[0] == Arguments.ABSENT ? Long.valueOf(0) : given[0];
        int base = given[1] == Arguments.ABSENT ? 10 : (int) Math.max(0, Math.min(99, JinjaValues.integer(given[1])));
        if (base < Character.MIN_RADIX || base > Character.MAX_RADIX) {
            throw new JinjaException("int's base must be 2 to 36");
        }
        try {
            if (value instanceof String text) {
                String number = JinjaStrings.strip(text, null);
                return base == 10 && (number.indexOf('.') >= 0 || number.indexOf('e') >= 0)
                        ? whole(Double.parseDouble(number), absent)
                        : Long.valueOf(Long.parseLong(number, base));
            }
        } catch (NumberFormatException e) {
            return absent;
        }
        if (value instanceof Double number) {
            return whole(number, absent);
        }
        return JinjaValues.isNumber(value) ? values.arithmetic("+", value, 0L) : absent;
    }

    private static Object whole(double number, Object absent) {
        return Math.abs(number) < Long.MAX_VALUE ? Long.valueOf((long) number) : absent;
    }

    private static Object ofItems(JinjaValues values, String name, Object value, Arguments arguments) {
        switch (name) {
            case "items" -> {
                arguments.bind(name);
                if (value instanceof Undefined) {
                    return List.of();
                }
                if (value instanceof Map<?, ?> map) {
                    values.chargeItems(map.size());
                    return JinjaMethods.pairs(map);
                }
                throw new JinjaException("Can only get item pairs from a mapping.");
            }
            case "list" -> {
                arguments.bind(name);
                List<Object> items = values.iterate(value);
                values.chargeItems(items.size());
                return new ArrayList<>(items);
            }
            case "reverse" -> {
                arguments.bind(name);
                if (value instanceof String text) {
                    values.chargeText(text.length());
                    return new StringBuilder(text).reverse().toString();
                }
                List<Object> items = new ArrayList<>(values.iterate(value));
                values.chargeItems(items.size());
                Collections.reverse(items);
                return items;
            }
            case "join" -> {
                Object[] given = arguments.bind(name, "d", "attribute");
                List<Object> items = values.iterate(value);
                if (given[1] != Arguments.ABSENT && given[1] != null) {
                    List<Object> fields = new ArrayList<>();
                    for (Object item : items) {
                        fields.add(field(values, item, given[1]));
                    }
                    items = fields;
                }
                return JinjaMethods.join(
                        values, given[0] == Arguments.ABSENT ? "" : values.text(given[0]), items, false);
            }
            case "map" -> {
                return map(values, value, arguments);
            }
            default -> {
                return select(values, name, value, arguments);
            }
        }
    }

    private static Object map(JinjaValues values, Object value, Arguments arguments) {
        List<Object> out = new ArrayList<>();
        List<Object> items = JinjaValues.truth(value) ? values.iterate(value) : List.of();
        values.chargeItems(items.size());
        if (arguments.positional().isEmpty()) {
            Object[] given = arguments.bind("map", "attribute", "default");
            Object attribute = JinjaMethods.required(given, 0, "map");
            for (Object item : items) {
                Object field = field(values, item, attribute);
                boolean absent = field instanceof Undefined && given[1] != Arguments.ABSENT && given[1] != null;
                out.add(absent ? given[1] : field);
            }
            return out;
        }
        String filter = values.text(arguments.positional().get(0));
        Arguments rest = new Arguments(
                arguments.positional().subList(1, arguments.positional().size()), arguments.named());
        for (Object item : items) {
            out.add(filter(values, filter, item, rest));
        }
        return out;
    }

    private static Object select(JinjaValues values, String name, Object value, Arguments arguments) {
        List<Object> out = new ArrayList<>();
        List<Object> items = JinjaValues.truth(value) ? values.iterate(value) : List.of();
        values.chargeItems(items.size());
        List<Object> positional = arguments.positional();
        int testAt = name.endsWith("attr") ? 1 : 0;
        if (positional.size() < testAt) {
            throw new JinjaException("Missing parameter for attribute name");
        }
        Arguments rest = positional.size() > testAt
                ? new Arguments(positional.subList(testAt + 1, positional.size()), arguments.named())
                : null;
        for (Object item : items) {
            Object tested = testAt == 1 ? field(values, item, positional.get(0)) : item;
            boolean holds = rest == null
                    ? JinjaValues.truth(tested)
                    : test(values, values.text(positional.get(testAt)), tested, rest);
            if (holds == name.startsWith("select")) {
                out.add(item);
            }
        }
        return out;
    }

    /** A field by a path of names and indices with dots. */
    private static Object field(JinjaValues values, Object item, Object path) {
        if (!(path instanceof String dotted)) {
            return values.item(item, path);
        }
        Object of = item;
        for (Object part : JinjaStrings.split(dotted, ".", -1)) {
            String key = (String) part;
            boolean isIndex = !key.isEmpty() && key.length() < 10 && key.chars().allMatch(c -> c >= '0' && c <= '9');
            of = values.item(of, isIndex ? (Object) Long.valueOf(key) : key);
        }
        return of;
    }

    private static Object ordered(JinjaValues values, String name, Object value, Arguments arguments) {
        if (name.equals("dictsort")) {
            Object[] given = arguments.bind(name, "case_sensitive", "by", "reverse");
            if (!(value instanceof Map<?, ?> map)) {
                throw new JinjaException("dictsort needs a dict, not " + JinjaValues.typeName(value));
            }
            values.chargeItems(map.size());
            long index = given[1] != Arguments.ABSENT && "value".equals(given[1]) ? 1 : 0;
            return sorted(values, JinjaMethods.pairs(map), item -> values.item(item, index), given[0], given[2]);
        }
        if (name.equals("sort")) {
            Object[] given = arguments.bind(name, "reverse", "case_sensitive", "attribute");
            return sorted(values, values.iterate(value), key(values, given[2]), given[1], given[0]);
        }
        Object[] given = arguments.bind(name, "case_sensitive", "attribute");
        List<Object> items = values.iterate(value);
        java.util.function.UnaryOperator<Object> key = key(values, given[1]);
        if (name.equals("unique")) {
            List<Object> out = new ArrayList<>();
            List<Object> seen = new ArrayList<>();
            for (Object item : items) {
                Object by = folded(key.apply(item), given[0]);
                if (!values.contains(seen, by)) {
                    seen.add(by);
                    out.add(item);
                }
            }
            return out;
        }
        if (items.isEmpty()) {
            return new Undefined("No aggregated item, sequence was empty.");
        }
        Comparator<Object> order =
                (a, b) -> values.compare(folded(key.apply(a), given[0]), folded(key.apply(b), given[0]));
        return name.equals("min") ? Collections.min(items, order) : Collections.max(items, order);
    }

    private static java.util.function.UnaryOperator<Object> key(JinjaValues values, Object attribute) {
        return attribute == Arguments.ABSENT || attribute == null
                ? item -> item
                : item -> field(values, item, attribute);
    }

    private static Object folded(Object value, Object caseSensitive) {
        boolean sensitive = caseSensitive != Arguments.ABSENT && JinjaValues.truth(caseSensitive);
        return value instanceof String text && !sensitive ? text.toLowerCase(Locale.ROOT) : value;
    }

    private static List<Object> sorted(
            JinjaValues values,
            List<Object> items,
            java.util.function.UnaryOperator<Object> key,
            Object caseSensitive,
            Object reverse) {
        values.chargeItems(items.size());
        List<Object> out = new ArrayList<>(items);
        Comparator<Object> order =
                (a, b) -> values.compare(folded(key.apply(a), caseSensitive), folded(key.apply(b), caseSensitive));
        boolean backwards = reverse != Arguments.ABSENT && JinjaValues.truth(reverse);
        out.sort(backwards ? order.reversed() : order);
        return out;
    }

    static boolean test(JinjaValues values, String name, Object value, Arguments arguments) {
        values.step();
        switch (name) {
            case "in", "sameas", "divisibleby" -> {
                Object other = JinjaMethods.required(arguments.bind(name, "other"), 0, name);
                return switch (name) {
                    case "in" -> values.contains(other, value);
                    case "sameas" -> JinjaValues.typeName(value).equals(JinjaValues.typeName(other))
                            && values.equal(value, other);
                    default -> values.equal(values.arithmetic("%", value, other), 0L);
                };
            }
            case "==", "eq", "equalto", "!=", "ne" -> {
                Object[] given = arguments.bind(name, "other");
                if (given[0] == Arguments.ABSENT) {
                    throw new JinjaException(name + " lacks an argument");
                }
                return values.equal(value, given[0]) != (name.equals("!=") || name.equals("ne"));
            }
            case "<", "lt", "lessthan", "<=", "le", ">", "gt", "greaterthan", ">=", "ge" -> {
                int order = values.compare(value, JinjaMethods.required(arguments.bind(name, "other"), 0, name));
                return switch (name) {
                    case "<", "lt", "lessthan" -> order < 0;
                    case "<=", "le" -> order <= 0;
                    case ">", "gt", "greaterthan" -> order > 0;
                    default -> order >= 0;
                };
            }
            default -> {
                arguments.bind(name);
                return testAlone(values, name, value);
            }
        }
    }

    private static boolean testAlone(JinjaValues values, String name, Object value) {
        boolean undefined = value instanceof Undefined;
        return switch (name) {
            case "defined" -> !undefined;
            case "undefined" -> undefined;
            case "none" -> value == null;
            case "string" -> value instanceof String;
            case "number" -> JinjaValues.isNumber(value);
            case "integer" -> value instanceof Long;
            case "float" -> value instanceof Double;
            case "boolean" -> value instanceof Boolean;
            case "true" -> Boolean.TRUE.equals(value);
            case "false" -> Boolean.FALSE.equals(value);
            case "mapping" -> value instanceof Map;
            case "iterable", "sequence" -> undefined
                    || value instanceof String
                    || value instanceof List
                    || value instanceof Tuple
                    || value instanceof Map;
            case "callable" -> undefined
                    || value instanceof Method
                    || JinjaValues.typeName(value).equals("function");
            case "odd" -> values.equal(values.arithmetic("%", value, 2L), 1L);
            case "even" -> values.equal(values.arithmetic("%", value, 2L), 0L);
            case "lower", "upper" -> (Boolean) JinjaMethods.call(
                    values, new Method(values.text(value), "is" + name), new Arguments(List.of(), Map.of()));
            default -> throw new JinjaException("No test named '" + name + "'.");
        };
    }
}
