package dev.retort.prompt;

import dev.retort.prompt.JinjaValues.Arguments;
import dev.retort.prompt.JinjaValues.Method;
import dev.retort.prompt.JinjaValues.Tuple;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** The methods of Python's str, list and dict that a chat template may call; those that change their object are refused. */
final class JinjaMethods {

    private static final Set<String> OF_TEXT = Set.of(
            "strip",
            "lstrip",
            "rstrip",
            "split",
            "rsplit",
            "splitlines",
            "partition",
            "rpartition",
            "startswith",
            "endswith",
            "replace",
            "find",
            "rfind",
            "count",
            "join",
            "lower",
            "upper",
            "capitalize",
            "title",
            "isdigit",
            "isalpha",
            "isalnum",
            "isspace",
            "isupper",
            "islower",
            "removeprefix",
            "removesuffix");
    private static final Set<String> OF_LIST = Set.of("index", "count", "copy");
    private static final Set<String> OF_DICT = Set.of("get", "items", "keys", "values", "copy");
    private static final Set<String> CHANGING = Set.of(
            "append",
            "extend",
            "insert",
            "remove",
            "clear",
            "pop",
            "popitem",
            "setdefault",
            "update",
            "sort",
            "reverse");
    private static final Set<String> CHANGING_DICT = Set.of("clear", "pop", "popitem", "setdefault", "update");

    private JinjaMethods() {}

    /** Whether a value has a method of this name. */
    static boolean has(Object value, String name) {
        if (value instanceof String) {
            return OF_TEXT.contains(name);
        }
        if (value instanceof List) {
            return OF_LIST.contains(name) || CHANGING.contains(name);
        }
        if (value instanceof Tuple) {
            return name.equals("index") || name.equals("count");
        }
        return value instanceof Map && (OF_DICT.contains(name) || CHANGING_DICT.contains(name));
    }

    static Object call(JinjaValues values, Method method, Arguments arguments) {
        Object of = method.of();
        if (of instanceof String text) {
            return ofText(values, text, method.name(), arguments);
        }
        if (CHANGING.contains(method.name())) {
            throw new JinjaException("'" + JinjaValues.typeName(of) + "'." + method.name()
                    + " is unsafe: a template cannot change a value");
        }
        if (of instanceof Map<?, ?> map) {
            return ofDict(values, map, method.name(), arguments);
        }
        List<Object> items = JinjaValues.items(of);
        if (method.name().equals("copy")) {
            arguments.bind("copy");
            values.chargeItems(items.size());
            return new ArrayList<>(items);
        }
        Object wanted = required(arguments.bind(method.name(), "value"), 0, method.name());
        long count = 0;
        for (int i = 0; i < items.size(); i++) {
            if (values.equal(items.get(i), wanted)) {
                if (method.name().equals("index")) {
                    return (long) i;
                }
                count++;
            }
        }
        if (method.name().equals("index")) {
            throw new JinjaException("the value is not in the list");
        }
        return count;
    }

    private static Object ofDict(JinjaValues values, Map<?, ?> map, String name, Arguments arguments) {
        values.chargeItems(map.size());
        switch (name) {
            case "get" -> {
                Object[] given = arguments.bind(name, "key", "default");
                Object key = JinjaValues.key(required(given, 0, name));
                if (map.containsKey(key)) {
                    return map.get(key);
                }
                return given[1] == Arguments.ABSENT ? null : given[1];
            }
            case "items" -> {
                arguments.bind(name);
                return pairs(map);
            }
            case "keys" -> {
                arguments.bind(name);
                return new ArrayList<Object>(map.keySet());
            }
            case "values" -> {
                arguments.bind(name);
                return new ArrayList<Object>(map.values());
            }
            default -> {
                arguments.bind(name);
                return new LinkedHashMap<Object, Object>(map);
            }
        }
    }

    static List<Object> pairs(Map<?, ?> map) {
        List<Object> pairs = new ArrayList<>();
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            List<Object> pair = new ArrayList<>();
            pair.add(entry.getKey());
            pair.add(entry.getValue());
            pairs.add(new Tuple(pair));
        }
        return pairs;
    }

    private static Object ofText(JinjaValues values, String text, String name, Arguments arguments) {
        values.chargeText(text.length());
        switch (name) {
            case "strip", "lstrip", "rstrip" -> {
                String characters = optionalText(arguments.bind(name, "characters"), 0, name);
                values.charge(characters == null ? 0 : (long) text.length() * characters.length());
                return switch (name) {
                    case "strip" -> JinjaStrings.strip(text, characters);
                    case "lstrip" -> JinjaStrings.stripStart(text, characters);
                    default -> JinjaStrings.stripEnd(text, characters);
                };
            }
            case "split", "rsplit" -> {
                Object[] given = arguments.bind(name, "sep", "maxsplit");
                String separator = optionalText(given, 0, name);
                long limit = given[1] == Arguments.ABSENT ? -1 : JinjaValues.integer(given[1]);
                return split(values, text, separator, limit, name);
            }
            case "splitlines" -> {
                arguments.bind(name);
                List<Object> lines = JinjaStrings.lines(text);
                values.chargeItems(lines.size());
                return lines;
            }
            case "partition", "rpartition" -> {
                String separator = separator(requiredText(arguments.bind(name, "sep"), 0, name));
                values.chargeSearch(text, separator);
                boolean first = name.equals("partition");
                int at = first ? text.indexOf(separator) : text.lastIndexOf(separator);
                if (at < 0) {
                    return new Tuple(first ? List.of(text, "", "") : List.of("", "", text));
                }
                return new Tuple(List.of(text.substring(0, at), separator, text.substring(at + separator.length())));
            }
            case "startswith", "endswith" -> {
                Object wanted = required(arguments.bind(name, "text"), 0, name);
                List<Object> any = wanted instanceof Tuple tuple ? tuple.items() : List.of(wanted);
                for (Object each : any) {
                    values.step();
                    if (!(each instanceof String part)) {
                        throw new JinjaException(name + " needs a text, not " + JinjaValues.typeName(each));
                    }
                    if (name.equals("startswith") ? text.startsWith(part) : text.endsWith(part)) {
                        return true;
                    }
                }
                return false;
            }
            case "replace" -> {
                Object[] given = arguments.bind(name, "old", "new", "count");
                return replace(
                        values,
                        text,
                        requiredText(given, 0, name),
                        requiredText(given, 1, name),
                        given[2] == Arguments.ABSENT ? -1 : JinjaValues.integer(given[2]));
            }
            case "find", "rfind", "count" -> {
                String part = requiredText(arguments.bind(name, "text"), 0, name);
                values.chargeSearch(text, part);
                if (name.equals("count")) {
                    return part.isEmpty() ? JinjaStrings.length(text) + 1L : JinjaStrings.count(text, part);
                }
                int at = name.equals("find") ? text.indexOf(part) : text.lastIndexOf(part);
                return at < 0 ? -1L : (long) text.codePointCount(0, at);
            }
            case "join" -> {
                return join(values, text, values.iterate(required(arguments.bind(name, "items"), 0, name)), true);
            }
            case "removeprefix" -> {
                String part = requiredText(arguments.bind(name, "text"), 0, name);
                return text.startsWith(part) ? text.substring(part.length()) : text;
            }
            case "removesuffix" -> {
                String part = requiredText(arguments.bind(name, "text"), 0, name);
                return text.endsWith(part) ? text.substring(0, text.length() - part.length()) : text;
            }
            default -> {
                arguments.bind(name);
                return plain(text, name);
            }
        }
    }

    /** The methods that take no argument. */
    private static Object plain(String text, String name) {
        return switch (name) {
            case "lower" -> text.toLowerCase(Locale.ROOT);
            case "upper" -> text.toUpperCase(Locale.ROOT);
            case "capitalize" -> JinjaStrings.capitalize(text);
            case "title" -> JinjaStrings.title(text, true);
            case "isdigit" -> !text.isEmpty() && text.codePoints().allMatch(Character::isDigit);
            case "isalpha" -> !text.isEmpty() && text.codePoints().allMatch(Character::isLetter);
            case "isalnum" -> !text.isEmpty() && text.codePoints().allMatch(Character::isLetterOrDigit);
            case "isspace" -> !text.isEmpty() && JinjaStrings.isSpace(text);
            case "isupper" -> text.codePoints().anyMatch(Character::isUpperCase)
                    && text.codePoints().noneMatch(c -> Character.isLowerCase(c) || Character.isTitleCase(c));
            default -> text.codePoints().anyMatch(Character::isLowerCase)
                    && text.codePoints().noneMatch(c -> Character.isUpperCase(c) || Character.isTitleCase(c));
        };
    }

    private static List<Object> split(JinjaValues values, String text, String separator, long limit, String name) {
        List<Object> parts;
        if (separator == null) {
            if (name.equals("rsplit") && limit >= 0) {
                throw new JinjaException("rsplit with a limit needs a separator");
            }
            parts = JinjaStrings.split(text, limit);
        } else {
            values.chargeSearch(text, separator(separator));
            parts = name.equals("split")
                    ? JinjaStrings.split(text, separator, limit)
                    : JinjaStrings.splitFromEnd(text, separator, limit);
        }
        values.chargeItems(parts.size());
        return parts;
    }

    private static String separator(String separator) {
        if (separator.isEmpty()) {
            throw new JinjaException("empty separator");
        }
        return separator;
    }

    static String replace(JinjaValues values, String text, String old, String with, long limit) {
        values.chargeSearch(text, old);
        long times = old.isEmpty() ? text.length() + 1L : JinjaStrings.count(text, old);
        times = limit < 0 ? times : Math.min(limit, times);
        values.chargeText(text.length() + times * Math.max(0, with.length() - old.length()));
        return JinjaStrings.replace(text, old, with, limit);
    }

    /** Texts one after the other; only texts where strict, as str.join wants it. */
    static String join(JinjaValues values, String separator, List<Object> items, boolean strict) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < items.size(); i++) {
            Object item = items.get(i);
            if (strict && !(item instanceof String)) {
                throw new JinjaException("join needs texts, found " + JinjaValues.typeName(item));
            }
            String text = values.text(item);
            values.chargeText((long) separator.length() + text.length());
            out.append(i == 0 ? "" : separator).append(text);
            if (out.length() > JinjaValues.MOST_CHARACTERS) {
                values.chargeText(out.length());
            }
        }
        return out.toString();
    }

    static Object required(Object[] given, int index, String function) {
        if (given[index] == Arguments.ABSENT) {
            throw new JinjaException(function + " lacks an argument");
        }
        return JinjaValues.defined(given[index]);
    }

    private static String requiredText(Object[] given, int index, String function) {
        Object value = required(given, index, function);
        if (value instanceof String text) {
            return text;
        }
        throw new JinjaException(function + " needs a text, not " + JinjaValues.typeName(value));
    }

    private static String optionalText(Object[] given, int index, String function) {
        return given[index] == Arguments.ABSENT || given[index] == null ? null : requiredText(given, index, function);
    }
}
