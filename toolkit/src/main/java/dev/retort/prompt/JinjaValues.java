package dev.retort.prompt;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What Python does with the values of a template: None is null, then String, Long, Double, Boolean, {@link List}, {@link
 * Tuple}, {@link Map} and the records below; there are no others, and no Java method of a value is ever looked up by name.
 * Every operation is charged to a budget, so that a hostile template ends with an error in seconds.
 */
final class JinjaValues {

    /** The longest text a template may make, in characters. */
    static final int MOST_CHARACTERS = 8_000_000;

    /** The most items of a list a template may make. */
    static final int MOST_ITEMS = 100_000;

    private static final int MOST_DEPTH = 100;
    private static final long BUDGET = 1_000_000_000L;
    private static final int COST_OF_STEP = 32;
    private static final int COST_OF_SCOPE = 512;
    private static final int COST_OF_NEW_CHARACTER = 4;

    private long left = BUDGET;

    /** A name or field that is not there: prints as nothing, anything else asked of it is an error. */
    record Undefined(String message) {

        static Undefined name(String name) {
            return new Undefined("'" + name + "' is undefined");
        }
    }

    record Tuple(List<Object> items) {}

    /** What namespace() makes: the only value that can change. */
    static final class Namespace {
        final Map<String, Object> values = new LinkedHashMap<>();
    }

    /** A method taken from a value, not yet called. */
    record Method(Object of, String name) {}

    /** A function of the environment. */
    enum Function {
        RANGE,
        NAMESPACE,
        DICT,
        RAISE_EXCEPTION,
        STRFTIME_NOW
    }

    /** What a call was given. */
    record Arguments(List<Object> positional, Map<String, Object> named) {

        /** Stands for an argument that was not given. */
        static final Object ABSENT = new Object();

        /** The arguments in the order of the parameters' names, ABSENT where one was not given. */
        Object[] bind(String function, String... names) {
            if (positional.size() > names.length) {
                throw new JinjaException(
                        function + " takes at most " + names.length + " arguments, not " + positional.size());
            }
            Object[] values = new Object[names.length];
            Arrays.fill(values, ABSENT);
            for (int i = 0; i < positional.size(); i++) {
                values[i] = positional.get(i);
            }
            for (Map.Entry<String, Object> entry : named.entrySet()) {
                int index = Arrays.asList(names).indexOf(entry.getKey());
                if (index < 0 || values[index] != ABSENT) {
                    throw new JinjaException(function + " takes no argument " + entry.getKey() + " here");
                }
                values[index] = entry.getValue();
            }
            return values;
        }
    }

    // ---- the budget

    void step() {
        charge(COST_OF_STEP);
    }

    /** Charges a turn of a loop or the call of a macro. */
    void scope() {
        charge(COST_OF_SCOPE);
    }

    /** Charges work on existing characters or items. */
    void charge(long units) {
        left -= units;
        if (left < 0 || units < 0) {
            throw new JinjaException("the template does too much work");
        }
    }

    /** Charges a text before it is made. */
    void chargeText(long characters) {
        if (characters > MOST_CHARACTERS) {
            throw new JinjaException("the template makes a text of more than " + MOST_CHARACTERS + " characters");
        }
        charge(characters * COST_OF_NEW_CHARACTER + 1);
    }

    /** Charges a list before it is made. */
    void chargeItems(long items) {
        if (items > MOST_ITEMS) {
            throw new JinjaException("the template makes a list of more than " + MOST_ITEMS + " items");
        }
        charge(items * COST_OF_STEP + 1);
    }

    /** Charges a search for one text in another: the worst case of looking at every place. */
    void chargeSearch(String text, String part) {
        charge((long) text.length() * Math.max(1, Math.min(part.length(), text.length() - part.length() + 1)) + 1);
    }

    private static void deeper(int depth) {
        if (depth > MOST_DEPTH) {
            throw new JinjaException("a value has more than " + MOST_DEPTH + " levels");
        }
    }

    // ---- kinds

    static String typeName(Object value) {
        if (value == null) {
            return "NoneType";
        }
        if (value instanceof String) {
            return "str";
        }
        if (value instanceof Boolean) {
            return "bool";
        }
        if (value instanceof Long) {
            return "int";
        }
        if (value instanceof Double) {
            return "float";
        }
        if (value instanceof List) {
            return "list";
        }
        if (value instanceof Tuple) {
            return "tuple";
        }
        if (value instanceof Map) {
            return "dict";
        }
        return value instanceof Namespace ? "Namespace" : value instanceof Undefined ? "Undefined" : "function";
    }

    static boolean isNumber(Object value) {
        return value instanceof Long || value instanceof Double || value instanceof Boolean;
    }

    /** The value, unless it is undefined. */
    static Object defined(Object value) {
        if (value instanceof Undefined undefined) {
            throw new JinjaException(undefined.message());
        }
        return value;
    }

    static boolean truth(Object value) {
        if (value == null) {
            return false;
        }
        if (value instanceof Boolean flag) {
            return flag;
        }
        if (value instanceof Long number) {
            return number != 0;
        }
        if (value instanceof Double number) {
            return number != 0;
        }
        if (value instanceof String text) {
            return !text.isEmpty();
        }
        if (value instanceof List<?> list) {
            return !list.isEmpty();
        }
        if (value instanceof Tuple tuple) {
            return !tuple.items().isEmpty();
        }
        if (value instanceof Map<?, ?> map) {
            return !map.isEmpty();
        }
        return !(value instanceof Undefined);
    }

    // ---- text

    /** Python's str. */
    String text(Object value) {
        if (value instanceof String text) {
            return text;
        }
        if (value instanceof Undefined) {
            return "";
        }
        StringBuilder out = new StringBuilder();
        represent(value, out, 0);
        return out.toString();
    }

    /** Python's repr. */
    private void represent(Object value, StringBuilder out, int depth) {
        deeper(depth);
        step();
        if (value == null) {
            out.append("None");
        } else if (value instanceof Boolean flag) {
            out.append(flag ? "True" : "False");
        } else if (value instanceof Long number) {
            out.append(number.longValue());
        } else if (value instanceof Double number) {
            out.append(JinjaStrings.number(number));
        } else if (value instanceof String text) {
            chargeText(out.length() + (long) text.length());
            JinjaStrings.quote(text, out);
        } else if (value instanceof List<?> list) {
            representAll(list, "[", "]", out, depth);
        } else if (value instanceof Tuple tuple) {
            representAll(tuple.items(), "(", tuple.items().size() == 1 ? ",)" : ")", out, depth);
        } else if (value instanceof Map<?, ?> map) {
            String separator = "{";
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                represent(entry.getKey(), out.append(separator), depth + 1);
                represent(entry.getValue(), out.append(": "), depth + 1);
                separator = ", ";
            }
            out.append(map.isEmpty() ? "{}" : "}");
        } else if (value instanceof Undefined) {
            out.append("Undefined");
        } else {
            throw new JinjaException("a " + typeName(value) + " cannot be printed");
        }
        if (out.length() > MOST_CHARACTERS) {
            chargeText(out.length());
        }
    }

    private void representAll(List<?> items, String open, String close, StringBuilder out, int depth) {
        out.append(open);
        for (int i = 0; i < items.size(); i++) {
            out.append(i == 0 ? "" : ", ");
            represent(items.get(i), out, depth + 1);
        }
        out.append(close);
    }

    /** json.dumps(ensure_ascii=False); indent null for one line. */
    String json(Object value, String indent, String itemSeparator, String keySeparator, boolean sortKeys) {
        StringBuilder out = new StringBuilder();
        json(value, indent, itemSeparator, keySeparator, sortKeys, 0, out);
        return out.toString();
    }

    private void json(
            Object value,
            String indent,
            String itemSeparator,
            String keySeparator,
            boolean sortKeys,
            int depth,
            StringBuilder out) {
        deeper(depth);
        step();
        if (value == null) {
            out.append("null");
        } else if (value instanceof Boolean flag) {
            out.append(flag.booleanValue());
        } else if (value instanceof Long number) {
            out.append(number.longValue());
        } else if (value instanceof Double number) {
            String text = JinjaStrings.number(number);
            out.append(
                    switch (text) {
                        case "nan" -> "NaN";
                        case "inf" -> "Infinity";
                        case "-inf" -> "-Infinity";
                        default -> text;
                    });
        } else if (value instanceof String text) {
            chargeText(out.length() + (long) text.length());
            JinjaStrings.json(text, out);
        } else if (value instanceof Map<?, ?> map) {
            List<Object> keys = new ArrayList<>(map.keySet());
            if (sortKeys) {
                keys.sort(this::compare);
            }
            out.append('{');
            for (int i = 0; i < keys.size(); i++) {
                out.append(i == 0 ? "" : itemSeparator);
                lineBreak(indent, depth + 1, out);
                Object key = keys.get(i);
                JinjaStrings.json(key instanceof String text ? text : json(key, null, "", "", false), out);
                out.append(keySeparator);
                json(map.get(key), indent, itemSeparator, keySeparator, sortKeys, depth + 1, out);
            }
            if (!keys.isEmpty()) {
                lineBreak(indent, depth, out);
            }
            out.append('}');
        } else if (value instanceof List || value instanceof Tuple) {
            List<Object> items = items(value);
            out.append('[');
            for (int i = 0; i < items.size(); i++) {
                out.append(i == 0 ? "" : itemSeparator);
                lineBreak(indent, depth + 1, out);
                json(items.get(i), indent, itemSeparator, keySeparator, sortKeys, depth + 1, out);
            }
            if (!items.isEmpty()) {
                lineBreak(indent, depth, out);
            }
            out.append(']');
        } else {
            throw new JinjaException("Object of type " + typeName(value) + " is not JSON serializable");
        }
        if (out.length() > MOST_CHARACTERS) {
            chargeText(out.length());
        }
    }

    private void lineBreak(String indent, int depth, StringBuilder out) {
        if (indent != null) {
            chargeText(out.length() + (long) indent.length() * depth);
            out.append('\n').append(indent.repeat(depth));
        }
    }

    // ---- comparing

    boolean equal(Object left, Object right) {
        return equal(left, right, 0);
    }

    private boolean equal(Object left, Object right, int depth) {
        deeper(depth);
        step();
        if (left == right) {
            return true;
        }
        if (isNumber(left) && isNumber(right)) {
            return compareNumbers(left, right) == 0 && !isNan(left) && !isNan(right);
        }
        if (left instanceof String a && right instanceof String b) {
            charge(Math.min(a.length(), b.length()));
            return a.equals(b);
        }
        if ((left instanceof List && right instanceof List) || (left instanceof Tuple && right instanceof Tuple)) {
            List<Object> a = items(left);
            List<Object> b = items(right);
            boolean same = a.size() == b.size();
            for (int i = 0; same && i < a.size(); i++) {
                same = equal(a.get(i), b.get(i), depth + 1);
            }
            return same;
        }
        if (left instanceof Map<?, ?> a && right instanceof Map<?, ?> b) {
            if (a.size() != b.size()) {
                return false;
            }
            for (Map.Entry<?, ?> entry : a.entrySet()) {
                if (!b.containsKey(entry.getKey()) || !equal(entry.getValue(), b.get(entry.getKey()), depth + 1)) {
                    return false;
                }
            }
            return true;
        }
        return left instanceof Undefined && right instanceof Undefined;
    }

    private static boolean isNan(Object number) {
        return number instanceof Double value && value.isNaN();
    }

    private static int compareNumbers(Object left, Object right) {
        if (left instanceof Double || right instanceof Double) {
            double a = real(left);
            double b = real(right);
            return a < b ? -1 : a > b ? 1 : 0;
        }
        return Long.compare(integer(left), integer(right));
    }

    /** The order of two numbers, two texts, or two lists of such. */
    int compare(Object left, Object right) {
        return compare(left, right, 0);
    }

    private int compare(Object left, Object right, int depth) {
        deeper(depth);
        step();
        if ((left instanceof List && right instanceof List) || (left instanceof Tuple && right instanceof Tuple)) {
            List<Object> a = items(left);
            List<Object> b = items(right);
            for (int i = 0; i < a.size() && i < b.size(); i++) {
                if (!equal(a.get(i), b.get(i), depth + 1)) {
                    return compare(a.get(i), b.get(i), depth + 1);
                }
            }
            return Integer.compare(a.size(), b.size());
        }
        if (isNumber(defined(left)) && isNumber(defined(right))) {
            return compareNumbers(left, right);
        }
        if (left instanceof String a && right instanceof String b) {
            charge(Math.min(a.length(), b.length()));
            int i = 0;
            while (i < a.length() && i < b.length() && a.charAt(i) == b.charAt(i)) {
                i++;
            }
            if (i == a.length() || i == b.length()) {
                return Integer.compare(a.length(), b.length());
            }
            // Code points, not UTF-16 units: a low surrogate after an equal high one is compared by itself.
            return Character.isLowSurrogate(a.charAt(i)) && Character.isLowSurrogate(b.charAt(i))
                    ? Character.compare(a.charAt(i), b.charAt(i))
                    : Integer.compare(a.codePointAt(i), b.codePointAt(i));
        }
        throw new JinjaException(
                "'<' not supported between instances of '" + typeName(left) + "' and '" + typeName(right) + "'");
    }

    boolean contains(Object container, Object item) {
        if (container instanceof String text) {
            if (!(item instanceof String part)) {
                throw new JinjaException(
                        "'in <string>' requires string as left operand, not " + typeName(defined(item)));
            }
            chargeSearch(text, part);
            return text.contains(part);
        }
        if (container instanceof Map<?, ?> map) {
            if (item instanceof List || item instanceof Map) {
                throw new JinjaException("unhashable type: '" + typeName(item) + "'");
            }
            return isKey(item) && map.containsKey(item);
        }
        for (Object each : iterate(container)) {
            if (equal(each, item)) {
                return true;
            }
        }
        return false;
    }

    // ---- collections

    /** The items of a list or tuple. */
    @SuppressWarnings("unchecked") // every list of a template holds template values
    static List<Object> items(Object value) {
        return value instanceof Tuple tuple ? tuple.items() : (List<Object>) value;
    }

    /** What a loop over the value goes through. */
    List<Object> iterate(Object value) {
        if (value instanceof List || value instanceof Tuple) {
            return items(value);
        }
        if (value instanceof Map<?, ?> map) {
            chargeItems(map.size());
            return new ArrayList<>(map.keySet());
        }
        if (value instanceof String text) {
            chargeItems(text.length());
            return JinjaStrings.characters(text);
        }
        if (value instanceof Undefined) {
            return List.of();
        }
        throw new JinjaException("'" + typeName(value) + "' object is not iterable");
    }

    long length(Object value) {
        if (value instanceof String text) {
            charge(text.length());
            return JinjaStrings.length(text);
        }
        if (value instanceof Map<?, ?> map) {
            return map.size();
        }
        if (value instanceof List || value instanceof Tuple) {
            return items(value).size();
        }
        if (value instanceof Undefined) {
            return 0;
        }
        throw new JinjaException("object of type '" + typeName(value) + "' has no len()");
    }

    static boolean isKey(Object value) {
        return value == null || value instanceof String || value instanceof Long;
    }

    static Object key(Object value) {
        if (!isKey(defined(value))) {
            throw new JinjaException("a dict's key must be a string or an integer, not " + typeName(value));
        }
        return value;
    }

    /** {@code of[key]}: the item, else the attribute of that name, else undefined. */
    Object item(Object of, Object key) {
        step();
        defined(of);
        if (of instanceof Map<?, ?> map && isKey(key) && map.containsKey(key)) {
            return map.get(key);
        }
        if (key instanceof Long index && (of instanceof String || of instanceof List || of instanceof Tuple)) {
            long length = length(of);
            long at = index < 0 ? index + length : index;
            if (at >= 0 && at < length) {
                return of instanceof String text
                        ? JinjaStrings.substring(text, (int) at, (int) at + 1)
                        : items(of).get((int) at);
            }
        }
        if (key instanceof String name) {
            return attribute(of, name);
        }
        defined(key);
        return new Undefined("'" + typeName(of) + "' object has no element " + text(key));
    }

    /** {@code of.name}: the method of that name, else the item, else undefined. */
    Object attribute(Object of, String name) {
        step();
        defined(of);
        if (JinjaMethods.has(of, name)) {
            return new Method(of, name);
        }
        if (of instanceof Map<?, ?> map && map.containsKey(name)) {
            return map.get(name);
        }
        if (of instanceof Namespace namespace && namespace.values.containsKey(name)) {
            return namespace.values.get(name);
        }
        return new Undefined("'" + typeName(of) + " object' has no attribute '" + name + "'");
    }

    Object slice(Object of, Object from, Object to, Object step) {
        step();
        defined(of);
        if (!(of instanceof String || of instanceof List || of instanceof Tuple)) {
            throw new JinjaException("'" + typeName(of) + "' object cannot be sliced");
        }
        long length = length(of);
        long stride = step == null ? 1 : integer(step);
        if (stride == 0) {
            throw new JinjaException("slice step cannot be zero");
        }
        long low = stride > 0 ? 0 : -1;
        long high = stride > 0 ? length : length - 1;
        long begin = from == null ? (stride > 0 ? low : high) : bound(integer(from), length, low, high);
        long end = to == null ? (stride > 0 ? high : low) : bound(integer(to), length, low, high);
        if (of instanceof String text) {
            if (stride == 1) {
                chargeText(Math.max(0, end - begin));
                return begin >= end ? "" : JinjaStrings.substring(text, (int) begin, (int) end);
            }
            StringBuilder out = new StringBuilder();
            for (Object character : pick(iterate(of), begin, end, stride)) {
                out.append(character);
            }
            return out.toString();
        }
        List<Object> picked = pick(items(of), begin, end, stride);
        return of instanceof Tuple ? new Tuple(picked) : picked;
    }

    private static long bound(long index, long length, long low, long high) {
        return Math.max(low, Math.min(high, index < 0 ? index + length : index));
    }

    private List<Object> pick(List<Object> items, long begin, long end, long stride) {
        chargeItems(items.size());
        List<Object> picked = new ArrayList<>();
        // A stride beyond the list's length takes one item; clamped so that the index cannot overflow.
        long by = Math.max(-items.size() - 1L, Math.min(items.size() + 1L, stride));
        for (long i = begin; by > 0 ? i < end : i > end; i += by) {
            picked.add(items.get((int) i));
        }
        return picked;
    }

    // ---- arithmetic

    /** An int or bool as a long. */
    static long integer(Object value) {
        if (value instanceof Long number) {
            return number;
        }
        if (value instanceof Boolean flag) {
            return flag ? 1 : 0;
        }
        throw new JinjaException("an integer is needed, not " + typeName(defined(value)));
    }

    private static double real(Object value) {
        return value instanceof Double number ? number : (double) integer(value);
    }

    Object negative(Object value) {
        if (value instanceof Double number) {
            return -number;
        }
        return arithmetic("-", 0L, value);
    }

    Object arithmetic(String operator, Object left, Object right) {
        step();
        defined(left);
        defined(right);
        if (isNumber(left) && isNumber(right)) {
            return numbers(operator, left, right);
        }
        if (operator.equals("+")) {
            if (left instanceof String a && right instanceof String b) {
                chargeText((long) a.length() + b.length());
                return a.concat(b);
            }
            if ((left instanceof List && right instanceof List) || (left instanceof Tuple && right instanceof Tuple)) {
                chargeItems((long) items(left).size() + items(right).size());
                List<Object> both = new ArrayList<>(items(left));
                both.addAll(items(right));
                return left instanceof Tuple ? new Tuple(both) : both;
            }
        }
        if (operator.equals("*") && isNumber(left)) {
            return times(right, integer(left), left);
        }
        if (operator.equals("*") && isNumber(right)) {
            return times(left, integer(right), right);
        }
        throw unsupported(operator, left, right);
    }

    private static JinjaException unsupported(String operator, Object left, Object right) {
        return new JinjaException("unsupported operand type(s) for " + operator + ": '" + typeName(left) + "' and '"
                + typeName(right) + "'");
    }

    private Object times(Object value, long count, Object counter) {
        long times = Math.max(0, count);
        if (value instanceof String text) {
            chargeText(text.isEmpty() ? 0 : Math.min(times, MOST_CHARACTERS + 1L) * text.length());
            return text.isEmpty() ? "" : text.repeat((int) times);
        }
        if (value instanceof List || value instanceof Tuple) {
            List<Object> items = items(value);
            chargeItems(items.isEmpty() ? 0 : Math.min(times, MOST_ITEMS + 1L) * items.size());
            List<Object> out = new ArrayList<>();
            for (long i = 0; i < times && !items.isEmpty(); i++) {
                out.addAll(items);
            }
            return value instanceof Tuple ? new Tuple(out) : out;
        }
        throw unsupported("*", value, counter);
    }

    private static Object numbers(String operator, Object left, Object right) {
        if (operator.equals("/")) {
            if (real(right) == 0) {
                throw new JinjaException("division by zero");
            }
            return real(left) / real(right);
        }
        if (left instanceof Double || right instanceof Double) {
            return reals(operator, real(left), real(right));
        }
        long a = integer(left);
        long b = integer(right);
        if ((operator.equals("//") || operator.equals("%")) && b == 0) {
            throw new JinjaException("integer division or modulo by zero");
        }
        try {
            return switch (operator) {
                case "+" -> Math.addExact(a, b);
                case "-" -> Math.subtractExact(a, b);
                case "*" -> Math.multiplyExact(a, b);
                case "//" -> Math.floorDiv(a, b);
                case "%" -> Math.floorMod(a, b);
                default -> power(a, b);
            };
        } catch (ArithmeticException e) {
            throw new JinjaException("a number of the template is too large");
        }
    }

    private static Object power(long base, long exponent) {
        if (exponent < 0) {
            return Math.pow((double) base, (double) exponent);
        }
        if (base == 0 || base == 1 || exponent == 0) {
            return exponent == 0 ? 1L : base;
        }
        if (base == -1) {
            return exponent % 2 == 0 ? 1L : -1L;
        }
        long result = 1;
        // Any other base leaves the range of a long, and so the loop, within 64 steps.
        for (long i = 0; i < exponent; i++) {
            result = Math.multiplyExact(result, base);
        }
        return result;
    }

    private static Object reals(String operator, double a, double b) {
        if ((operator.equals("//") || operator.equals("%")) && b == 0) {
            throw new JinjaException("float division by zero");
        }
        return switch (operator) {
            case "+" -> a + b;
            case "-" -> a - b;
            case "*" -> a * b;
            case "//" -> Math.floor(a / b);
            case "%" -> a - b * Math.floor(a / b);
            default -> Math.pow(a, b);
        };
    }
}
