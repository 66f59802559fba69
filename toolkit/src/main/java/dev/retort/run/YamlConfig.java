package dev.retort.run;

import dev.retort.data.Nearest;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Reads a YAML file into a record and writes a record as YAML.
 *
 * <p>A key is the component's name in snake_case, an enum value its constant's name in kebab-case. Components may be
 * text, numbers, booleans, enums, {@link Path}s, records, and lists and maps (with text keys) of these. A key that is
 * absent or null gives null, so that the record's compact constructor can put its default there; a component of a
 * primitive type must be given. Unknown keys and values of another type are errors that name the file, the line and the
 * full key.
 */
public final class YamlConfig {

    private static final Pattern INTEGER = Pattern.compile("[-+]?[0-9][0-9_]*");
    private static final Pattern DECIMAL =
            Pattern.compile("[-+]?([0-9][0-9_]*(\\.[0-9_]*)?|\\.[0-9][0-9_]*)([eE][-+]?[0-9]{1,4})?");
    /** Text that every YAML reader takes for text without quotes. */
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z_/][A-Za-z0-9_./@+-]*( [A-Za-z0-9_./@+-]+)*");

    private static final Pattern WORD_WITH_MEANING = Pattern.compile("(?i)true|false|null|yes|no|on|off|y|n");

    private YamlConfig() {}

    /**
     * Reads a file.
     *
     * @param overrides {@code dotted.key=value}, applied in order; the value is YAML, and an empty one is null
     * @throws ConfigException where the file cannot be used
     */
    public static <T extends Record> T read(Path file, Class<T> type, List<String> overrides) throws IOException {
        byte[] bytes;
        try (InputStream in = Files.newInputStream(file)) {
            bytes = in.readNBytes(4 * YamlValue.SIZE_LIMIT + 1);
        } catch (NoSuchFileException e) {
            throw new ConfigException(file + ": no such file", e);
        }
        String yaml;
        try {
            yaml = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new ConfigException(file + ": not UTF-8 text, or longer than " + YamlValue.SIZE_LIMIT, e);
        }
        return read(yaml, file.toString(), type, overrides);
    }

    /**
     * Reads YAML text.
     *
     * @param sourceName what messages call it
     * @param overrides {@code dotted.key=value}, applied in order; the value is YAML, and an empty one is null
     * @throws ConfigException where the text cannot be used
     */
    public static <T extends Record> T read(String yaml, String sourceName, Class<T> type, List<String> overrides) {
        YamlValue root = YamlValue.parse(yaml, sourceName, true);
        if (!(root instanceof YamlValue.Mapping mapping)) {
            throw new ConfigException(root.where() + ": expected keys and values, found " + root.kind());
        }
        for (String override : overrides) {
            apply(mapping, override);
        }
        return type.cast(new Reader(sourceName).readRecord(mapping, type, ""));
    }

    private static void apply(YamlValue.Mapping root, String override) {
        int equals = override.indexOf('=');
        String key = equals < 0 ? override : override.substring(0, equals).strip();
        if (equals < 0 || key.isEmpty() || Arrays.asList(key.split("\\.", -1)).contains("")) {
            throw new ConfigException(
                    "override \"" + override + "\": expected key=value, for example train.learning_rate=1e-4");
        }
        String text = override.substring(equals + 1);
        String where = "override " + key;
        YamlValue value = text.isBlank() ? new YamlValue.Scalar("", true, where) : YamlValue.parse(text, where, false);
        YamlValue.Mapping at = root;
        String[] parts = key.split("\\.");
        for (int i = 0; i < parts.length - 1; i++) {
            YamlValue next = at.values().get(parts[i]);
            if (next == null || (next instanceof YamlValue.Scalar scalar && scalar.isNull())) {
                next = new YamlValue.Mapping(new LinkedHashMap<>(), where);
                at.values().put(parts[i], next);
            }
            if (!(next instanceof YamlValue.Mapping inner)) {
                throw new ConfigException(where + ": " + String.join(".", Arrays.copyOf(parts, i + 1)) + " is "
                        + next.kind() + " (" + next.where() + "), so it has no keys");
            }
            at = inner;
        }
        at.values().put(parts[parts.length - 1], value);
    }

    /** The key of a record's component. */
    static String key(String component) {
        return separated(component, '_');
    }

    /** The YAML word of an enum's constant. */
    static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static String separated(String camelCase, char separator) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < camelCase.length(); i++) {
            char c = camelCase.charAt(i);
            if (Character.isUpperCase(c) && i > 0) {
                text.append(separator);
            }
            text.append(Character.toLowerCase(c));
        }
        return text.toString();
    }

    private record Reader(String source) {

        Object readRecord(YamlValue.Mapping mapping, Class<?> type, String path) {
            RecordComponent[] components = type.getRecordComponents();
            List<String> known =
                    Arrays.stream(components).map(c -> key(c.getName())).toList();
            for (Map.Entry<String, YamlValue> entry : mapping.values().entrySet()) {
                if (!known.contains(entry.getKey())) {
                    throw new ConfigException(entry.getValue().where() + ": unknown key " + join(path, entry.getKey())
                            + Nearest.of(entry.getKey(), known)
                                    .map(nearest -> "; the nearest is " + join(path, nearest))
                                    .orElse(""));
                }
            }
            Object[] values = new Object[components.length];
            Class<?>[] types = new Class<?>[components.length];
            for (int i = 0; i < components.length; i++) {
                types[i] = components[i].getType();
                YamlValue value = mapping.values().get(known.get(i));
                String key = join(path, known.get(i));
                if (value == null || (value instanceof YamlValue.Scalar scalar && scalar.isNull())) {
                    if (types[i].isPrimitive()) {
                        throw new ConfigException((value == null ? mapping.where() : value.where()) + ": " + key
                                + " is missing; expected " + expected(types[i]));
                    }
                } else {
                    values[i] = convert(value, components[i].getGenericType(), key);
                }
            }
            return construct(type, types, values, mapping.where(), path);
        }

        private Object construct(Class<?> type, Class<?>[] types, Object[] values, String where, String path) {
            try {
                Constructor<?> constructor = type.getDeclaredConstructor(types);
                constructor.setAccessible(true);
                return constructor.newInstance(values);
            } catch (InvocationTargetException e) {
                if (e.getCause() instanceof IllegalArgumentException cause) {
                    throw new ConfigException(
                            (path.isEmpty() ? source : where + ": " + path) + ": " + cause.getMessage(), cause);
                }
                if (e.getCause() instanceof RuntimeException cause) {
                    throw cause;
                }
                throw new IllegalStateException(type + " cannot be made", e);
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(type + " cannot be made", e);
            }
        }

        private Object convert(YamlValue value, Type type, String key) {
            if (type instanceof ParameterizedType generic && generic.getRawType() == List.class) {
                if (!(value instanceof YamlValue.Sequence sequence)) {
                    throw wrong(value, key, "a list");
                }
                List<Object> list = new ArrayList<>();
                for (YamlValue element : sequence.values()) {
                    list.add(element(element, generic.getActualTypeArguments()[0], key + "[" + list.size() + "]"));
                }
                return Collections.unmodifiableList(list);
            }
            if (type instanceof ParameterizedType generic
                    && generic.getRawType() == Map.class
                    && generic.getActualTypeArguments()[0] == String.class) {
                if (!(value instanceof YamlValue.Mapping mapping)) {
                    throw wrong(value, key, "a mapping");
                }
                Map<String, Object> map = new LinkedHashMap<>();
                mapping.values()
                        .forEach((name, element) ->
                                map.put(name, element(element, generic.getActualTypeArguments()[1], join(key, name))));
                return Collections.unmodifiableMap(map);
            }
            if (!(type instanceof Class<?> plain)) {
                throw new IllegalStateException(key + ": no YAML form for " + type);
            }
            if (plain.isRecord()) {
                if (!(value instanceof YamlValue.Mapping mapping)) {
                    throw wrong(value, key, "keys and values");
                }
                return readRecord(mapping, plain, key);
            }
            if (!(value instanceof YamlValue.Scalar scalar)) {
                throw wrong(value, key, expected(plain));
            }
            return scalar(scalar, plain, key);
        }

        private Object element(YamlValue value, Type type, String key) {
            if (value instanceof YamlValue.Scalar scalar && scalar.isNull()) {
                throw new ConfigException(value.where() + ": " + key + " is empty");
            }
            return convert(value, type, key);
        }

        private Object scalar(YamlValue.Scalar scalar, Class<?> type, String key) {
            String text = scalar.text();
            if (type == String.class) {
                return text;
            }
            if (type == Path.class) {
                return Path.of(text);
            }
            if (type.isEnum()) {
                for (Object constant : type.getEnumConstants()) {
                    if (word((Enum<?>) constant).equals(text)) {
                        return constant;
                    }
                }
                List<String> words = words(type);
                throw new ConfigException(scalar.where() + ": " + key + ": expected " + expected(type) + ", found "
                        + scalar.kind()
                        + Nearest.of(text, words)
                                .map(nearest -> "; the nearest is " + nearest)
                                .orElse(""));
            }
            if (!scalar.plain()) {
                throw wrong(scalar, key, expected(type));
            }
            if (type == boolean.class || type == Boolean.class) {
                if (!text.equals("true") && !text.equals("false")) {
                    throw wrong(scalar, key, expected(type));
                }
                return Boolean.valueOf(text);
            }
            boolean integer = type == int.class || type == Integer.class || type == long.class || type == Long.class;
            if (integer
                    ? !INTEGER.matcher(text).matches()
                    : !DECIMAL.matcher(text).matches()) {
                throw wrong(scalar, key, expected(type));
            }
            String digits = text.replace("_", "");
            try {
                if (type == int.class || type == Integer.class) {
                    return Integer.valueOf(digits);
                }
                if (type == long.class || type == Long.class) {
                    return Long.valueOf(digits);
                }
                if (type == float.class || type == Float.class) {
                    return finite(scalar, Float.valueOf(digits), key);
                }
                if (type == double.class || type == Double.class) {
                    return finite(scalar, Double.valueOf(digits), key);
                }
            } catch (NumberFormatException e) {
                throw new ConfigException(
                        scalar.where() + ": " + key + ": " + scalar.kind() + " is too large; expected "
                                + expected(type),
                        e);
            }
            throw new IllegalStateException(key + ": no YAML form for " + type);
        }

        private static <N extends Number> N finite(YamlValue.Scalar scalar, N number, String key) {
            if (!Double.isFinite(number.doubleValue())) {
                throw wrong(scalar, key, "a finite number");
            }
            return number;
        }

        private static ConfigException wrong(YamlValue value, String key, String expected) {
            return new ConfigException(
                    value.where() + ": " + key + ": expected " + expected + ", found " + value.kind());
        }

        private static String expected(Class<?> type) {
            if (type.isEnum()) {
                return "one of " + String.join(", ", words(type));
            }
            if (type == boolean.class || type == Boolean.class) {
                return "true or false";
            }
            if (type == int.class || type == Integer.class || type == long.class || type == Long.class) {
                return "an integer";
            }
            if (type == String.class || type == Path.class) {
                return "text";
            }
            return "a number";
        }

        private static List<String> words(Class<?> type) {
            return Arrays.stream(type.getEnumConstants())
                    .map(constant -> word((Enum<?>) constant))
                    .toList();
        }

        private static String join(String path, String key) {
            return path.isEmpty() ? key : path + "." + key;
        }
    }

    /**
     * Writes a record as YAML: its components in order, those that are null left out, the keys of maps sorted. Reading
     * it gives an equal record, and equal records give equal text.
     */
    public static String write(Record config) {
        StringBuilder out = new StringBuilder();
        appendRecord(out, config, 0);
        return out.isEmpty() ? "{}\n" : out.toString();
    }

    private static void appendRecord(StringBuilder out, Record value, int indent) {
        for (RecordComponent component : value.getClass().getRecordComponents()) {
            Object part;
            try {
                component.getAccessor().setAccessible(true);
                part = component.getAccessor().invoke(value);
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException("cannot read " + component, e);
            }
            if (part != null) {
                appendEntry(out, key(component.getName()), part, indent);
            }
        }
    }

    private static void appendEntry(StringBuilder out, String key, Object value, int indent) {
        out.append(" ".repeat(indent)).append(key).append(':');
        if (value instanceof List<?> list && list.stream().allMatch(YamlConfig::isBlock) && !list.isEmpty()) {
            out.append('\n');
            for (Object element : list) {
                StringBuilder block = new StringBuilder();
                appendBlock(block, element, indent + 4);
                // The dash takes the place of the first line's indentation.
                out.append(" ".repeat(indent + 2)).append("- ").append(block, indent + 4, block.length());
            }
        } else if (isBlock(value)) {
            out.append('\n');
            appendBlock(out, value, indent + 2);
        } else {
            out.append(' ').append(flow(value)).append('\n');
        }
    }

    /** Whether a value is written over several lines: a record or map that is not empty. */
    private static boolean isBlock(Object value) {
        if (value instanceof Record nested) {
            return !write(nested).equals("{}\n");
        }
        return value instanceof Map<?, ?> map && !map.isEmpty();
    }

    private static void appendBlock(StringBuilder out, Object value, int indent) {
        if (value instanceof Record nested) {
            appendRecord(out, nested, indent);
        } else {
            sorted((Map<?, ?>) value).forEach((key, part) -> appendEntry(out, quoted(key), part, indent));
        }
    }

    private static Map<String, Object> sorted(Map<?, ?> map) {
        Map<String, Object> sorted = new TreeMap<>();
        map.forEach((key, value) -> sorted.put((String) key, value));
        return sorted;
    }

    private static String flow(Object value) {
        if (value instanceof List<?> list) {
            return list.stream().map(YamlConfig::flow).collect(Collectors.joining(", ", "[", "]"));
        }
        if (value instanceof Map<?, ?> map) {
            return sorted(map).entrySet().stream()
                    .map(entry -> quoted(entry.getKey()) + ": " + flow(entry.getValue()))
                    .collect(Collectors.joining(", ", "{", "}"));
        }
        if (value instanceof Record nested) {
            StringBuilder text = new StringBuilder("{");
            for (RecordComponent component : nested.getClass().getRecordComponents()) {
                Object part;
                try {
                    component.getAccessor().setAccessible(true);
                    part = component.getAccessor().invoke(nested);
                } catch (ReflectiveOperationException e) {
                    throw new IllegalStateException("cannot read " + component, e);
                }
                if (part != null) {
                    text.append(text.length() > 1 ? ", " : "")
                            .append(key(component.getName()))
                            .append(": ")
                            .append(flow(part));
                }
            }
            return text.append('}').toString();
        }
        if (value instanceof Enum<?> constant) {
            return quoted(word(constant));
        }
        if (value instanceof Double || value instanceof Float) {
            return decimal(value.toString());
        }
        return value instanceof String || value instanceof Path ? quoted(value.toString()) : value.toString();
    }

    /**
     * The shortest decimal that reads back as the same number, in a form that YAML 1.1 readers take for a number too.
     */
    private static String decimal(String shortest) {
        BigDecimal number = new BigDecimal(shortest).stripTrailingZeros();
        if (number.signum() == 0) {
            return shortest.startsWith("-") ? "-0.0" : "0.0";
        }
        int exponent = number.precision() - number.scale() - 1;
        if (exponent >= -6 && exponent < 15) {
            String text = number.toPlainString();
            return text.contains(".") ? text : text + ".0";
        }
        String digits = number.unscaledValue().abs().toString();
        return (number.signum() < 0 ? "-" : "") + digits.charAt(0) + "."
                + (digits.length() > 1 ? digits.substring(1) : "0") + "e" + (exponent < 0 ? "" : "+") + exponent;
    }

    private static String quoted(String text) {
        boolean plain = PLAIN.matcher(text).matches()
                && !WORD_WITH_MEANING.matcher(text).matches();
        if (plain) {
            return text;
        }
        StringBuilder escaped = new StringBuilder("\"");
        text.codePoints().forEach(c -> {
            if (c == '"' || c == '\\') {
                escaped.append('\\').appendCodePoint(c);
            } else if (isPrintable(c)) {
                escaped.appendCodePoint(c);
            } else {
                escaped.append(String.format(Locale.ROOT, "\\u%04x", c));
            }
        });
        return escaped.append('"').toString();
    }

    /** Whether YAML allows a character as it stands and does not take it for a line break. */
    private static boolean isPrintable(int c) {
        return (c >= 0x20 && c <= 0x7e)
                || (c >= 0xa0 && c < 0xd800 && c != 0x2028 && c != 0x2029)
                || (c >= 0xe000 && c <= 0xfffd && c != 0xfeff)
                || c >= 0x10000;
    }
}
