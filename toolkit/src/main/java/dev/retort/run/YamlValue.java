package dev.retort.run;

import java.io.StringReader;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;

/**
 * A parsed YAML document whose scalars are still text: the type that wants the value decides what it is, so that 1e-4
 * is a number and no is a word. Every value knows where it came from.
 */
sealed interface YamlValue {

    /** The most characters of a document. */
    int SIZE_LIMIT = 1 << 20;
    /** The deepest nesting. */
    int DEPTH_LIMIT = 20;
    /** The most references to an anchored list or mapping. With the depth this bounds what they expand to. */
    int ALIAS_LIMIT = 10;

    /** File and line, or the override, for messages. */
    String where();

    /** One word for messages. */
    String kind();

    record Scalar(String text, boolean plain, String where) implements YamlValue {

        boolean isNull() {
            return plain
                    && switch (text) {
                        case "", "~", "null", "Null", "NULL" -> true;
                        default -> false;
                    };
        }

        @Override
        public String kind() {
            return isNull() ? "nothing" : "\"" + (text.length() > 60 ? text.substring(0, 60) + "..." : text) + "\"";
        }
    }

    record Sequence(List<YamlValue> values, String where) implements YamlValue {
        @Override
        public String kind() {
            return "a list";
        }
    }

    record Mapping(Map<String, YamlValue> values, String where) implements YamlValue {
        @Override
        public String kind() {
            return "a mapping";
        }
    }

    /**
     * Parses one document; an empty one is an empty mapping.
     *
     * @param source what messages call it
     * @param lines whether messages also name the line
     * @throws ConfigException where it is not YAML or beyond the limits
     */
    static YamlValue parse(String yaml, String source, boolean lines) {
        if (yaml.length() > SIZE_LIMIT) {
            throw new ConfigException(source + ": longer than " + SIZE_LIMIT + " characters");
        }
        LoaderOptions options = new LoaderOptions();
        options.setCodePointLimit(SIZE_LIMIT);
        options.setNestingDepthLimit(DEPTH_LIMIT);
        options.setMaxAliasesForCollections(ALIAS_LIMIT);
        options.setAllowDuplicateKeys(false);
        options.setAllowRecursiveKeys(false);
        try {
            Node root = new Yaml(options).compose(new StringReader(yaml));
            return root == null ? new Mapping(new LinkedHashMap<>(), source) : convert(root, source, lines, 0);
        } catch (MarkedYAMLException e) {
            throw new ConfigException(
                    at(source, lines, e.getProblemMark()) + ": not YAML: " + oneLine(e.getProblem()), e);
        } catch (YAMLException e) {
            throw new ConfigException(source + ": not usable YAML: " + oneLine(e.getMessage()), e);
        }
    }

    private static String oneLine(String message) {
        return message == null
                ? "unknown problem"
                : message.lines().findFirst().orElse("unknown problem").strip();
    }

    private static String at(String source, boolean lines, Mark mark) {
        return lines && mark != null ? source + ":" + (mark.getLine() + 1) : source;
    }

    private static YamlValue convert(Node node, String source, boolean lines, int depth) {
        String where = at(source, lines, node.getStartMark());
        if (depth > DEPTH_LIMIT) {
            throw new ConfigException(where + ": nested deeper than " + DEPTH_LIMIT + " levels");
        }
        if (node instanceof ScalarNode scalar) {
            return new Scalar(scalar.getValue(), scalar.getScalarStyle() == DumperOptions.ScalarStyle.PLAIN, where);
        }
        if (node instanceof SequenceNode sequence) {
            List<YamlValue> values = new ArrayList<>();
            for (Node value : sequence.getValue()) {
                values.add(convert(value, source, lines, depth + 1));
            }
            return new Sequence(values, where);
        }
        Map<String, YamlValue> values = new LinkedHashMap<>();
        for (NodeTuple tuple : ((MappingNode) node).getValue()) {
            if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
                throw new ConfigException(where + ": a key must be a word, not a list or a mapping");
            }
            if (values.put(key.getValue(), convert(tuple.getValueNode(), source, lines, depth + 1)) != null) {
                throw new ConfigException(
                        at(source, lines, key.getStartMark()) + ": the key " + key.getValue() + " is given twice");
            }
        }
        return new Mapping(values, where);
    }
}
