package dev.retort.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class YamlConfigTest {

    enum Method {
        STEP_BY_STEP,
        KD
    }

    record Optimiser(double learningRate, Double maxGradNorm, Long warmup) {
        Optimiser {
            if (learningRate <= 0) {
                throw new IllegalArgumentException("learning_rate must be positive");
            }
            maxGradNorm = maxGradNorm == null ? Double.valueOf(1) : maxGradNorm;
        }
    }

    record Stage(String name, Integer steps) {}

    record Config(
            String model,
            int seed,
            boolean shuffle,
            Method method,
            Optimiser train,
            List<Integer> fractions,
            List<Stage> stages,
            Map<String, Double> weights,
            Map<String, Stage> named,
            Path data,
            List<String> stop) {
        Config {
            if (seed < 0) {
                throw new IllegalArgumentException("seed must not be negative");
            }
        }
    }

    private static final String YAML =
            """
            # a recipe
            model: hf:org/name@1.0
            seed: 1_000
            shuffle: true
            method: step-by-step
            train:
              learning_rate: 1e-4   # no decimal point: text to a YAML 1.1 reader
              warmup: 100
            fractions: [137, 275, 549]
            stages:
              - name: warm
                steps: 5
              - {name: no}
            weights: {label: 1, rationale: .5}
            named:
              b: {steps: 2}
              a: {steps: 1}
            data: some/folder
            stop: ["\\n\\nQ:", 'it''s', "5"]
            """;

    private static Config read(String yaml, String... overrides) {
        return YamlConfig.read(yaml, "recipe.yaml", Config.class, List.of(overrides));
    }

    private static final Config CONFIG = new Config(
            "hf:org/name@1.0",
            1000,
            true,
            Method.STEP_BY_STEP,
            new Optimiser(1e-4, 1.0, 100L),
            List.of(137, 275, 549),
            List.of(new Stage("warm", 5), new Stage("no", null)),
            Map.of("label", 1.0, "rationale", 0.5),
            Map.of("a", new Stage(null, 1), "b", new Stage(null, 2)),
            Path.of("some/folder"),
            List.of("\n\nQ:", "it's", "5"));

    @Test
    void readsEveryKindOfComponent() {
        assertThat(read(YAML)).isEqualTo(CONFIG);
        assertThat(read(YAML).named().keySet()).containsExactly("b", "a");
    }

    @Test
    void writesTheComponentsInOrder() {
        assertThat(YamlConfig.write(CONFIG))
                .isEqualTo(
                        """
                        model: "hf:org/name@1.0"
                        seed: 1000
                        shuffle: true
                        method: step-by-step
                        train:
                          learning_rate: 0.0001
                          max_grad_norm: 1.0
                          warmup: 100
                        fractions: [137, 275, 549]
                        stages:
                          - name: warm
                            steps: 5
                          - name: "no"
                        weights:
                          label: 1.0
                          rationale: 0.5
                        named:
                          a:
                            steps: 1
                          b:
                            steps: 2
                        data: some/folder
                        stop: ["\\u000a\\u000aQ:", "it's", "5"]
                        """);
    }

    @Test
    void whatIsWrittenReadsBackAndIsStable() {
        String yaml = YamlConfig.write(CONFIG);

        assertThat(read(yaml)).isEqualTo(CONFIG);
        assertThat(YamlConfig.write(read(yaml))).isEqualTo(yaml);
    }

    record Texts(List<String> texts, Map<String, String> map, List<Double> numbers, List<Float> floats) {}

    @Test
    void hostileTextsAndNumbersSurviveTheRoundTrip() {
        Map<String, String> map = new LinkedHashMap<>();
        map.put("a.b: c", "");
        map.put("true", "~");
        Texts texts = new Texts(
                List.of(
                        "",
                        " ",
                        "null",
                        "Yes",
                        "1e3",
                        "0x1F",
                        "12:30",
                        "- a",
                        "a: b",
                        "a #b",
                        "#",
                        "*x",
                        "&x",
                        "!x",
                        "%",
                        "@",
                        "`",
                        "{",
                        "[",
                        "|",
                        ">",
                        "\\",
                        "\"",
                        "'",
                        "\t\r\n",
                        "\u0000\u0085\u2028\ufeff\uffff",
                        "日本語",
                        "😀",
                        "2024-01-01",
                        "=",
                        "<<",
                        "a  b",
                        "trailing ",
                        "---",
                        "..."),
                map,
                List.of(
                        0.0,
                        -0.0,
                        1.0,
                        0.1,
                        1e-7,
                        1.5e-300,
                        1e15,
                        123456789012345680.0,
                        Double.MAX_VALUE,
                        Double.MIN_VALUE,
                        5e-5,
                        -2.5e20),
                List.of(0.1f, Float.MAX_VALUE));

        String yaml = YamlConfig.write(texts);

        assertThat(YamlConfig.read(yaml, "texts", Texts.class, List.of())).isEqualTo(texts);
    }

    record Nothing(String a, Stage b, List<Stage> c, Map<String, Stage> d) {}

    @Test
    void emptyThingsSurviveTheRoundTrip() {
        for (Nothing nothing : List.of(
                new Nothing(null, null, null, null),
                new Nothing("", new Stage(null, null), List.of(), Map.of()),
                new Nothing("x", null, List.of(new Stage(null, null)), Map.of("k", new Stage(null, null))))) {
            assertThat(YamlConfig.read(YamlConfig.write(nothing), "x", Nothing.class, List.of()))
                    .isEqualTo(nothing);
        }
        assertThat(YamlConfig.read("", "x", Nothing.class, List.of())).isEqualTo(new Nothing(null, null, null, null));
        assertThat(YamlConfig.read("a:\nb: ~\n", "x", Nothing.class, List.of()))
                .isEqualTo(new Nothing(null, null, null, null));
    }

    @Test
    void unknownKeysNameTheNearest() {
        assertThatThrownBy(() -> read(YAML.replace("warmup:", "warm_up:")))
                .isInstanceOf(ConfigException.class)
                .hasMessage("recipe.yaml:8: unknown key train.warm_up; the nearest is train.warmup");
        assertThatThrownBy(() -> read(YAML.replace("{name: no}", "{nmae: no}")))
                .hasMessage("recipe.yaml:13: unknown key stages[1].nmae; the nearest is stages[1].name");
        assertThatThrownBy(() -> read(YAML + "shufle: true\n"))
                .hasMessage("recipe.yaml:20: unknown key shufle; the nearest is shuffle");
    }

    @Test
    void wrongTypesNameKeyAndExpectation() {
        assertThatThrownBy(() -> read(YAML.replace("1_000", "many")))
                .hasMessage("recipe.yaml:3: seed: expected an integer, found \"many\"");
        assertThatThrownBy(() -> read(YAML.replace("1_000", "1.5")))
                .hasMessage("recipe.yaml:3: seed: expected an integer, found \"1.5\"");
        assertThatThrownBy(() -> read(YAML.replace("1_000", "99999999999")))
                .hasMessage("recipe.yaml:3: seed: \"99999999999\" is too large; expected an integer");
        assertThatThrownBy(() -> read(YAML.replace("1_000", "[1]")))
                .hasMessage("recipe.yaml:3: seed: expected an integer, found a list");
        assertThatThrownBy(() -> read(YAML.replace("shuffle: true", "shuffle: yes")))
                .hasMessage("recipe.yaml:4: shuffle: expected true or false, found \"yes\"");
        assertThatThrownBy(() -> read(YAML.replace("1e-4", "fast")))
                .hasMessage("recipe.yaml:7: train.learning_rate: expected a number, found \"fast\"");
        assertThatThrownBy(() -> read(YAML.replace("1e-4", "1e999")))
                .hasMessage("recipe.yaml:7: train.learning_rate: expected a finite number, found \"1e999\"");
        assertThatThrownBy(() -> read(YAML.replace("1e-4", ".nan")))
                .hasMessage("recipe.yaml:7: train.learning_rate: expected a number, found \".nan\"");
        assertThatThrownBy(() -> read(YAML.replace("step-by-step", "step_by_step")))
                .hasMessage("recipe.yaml:5: method: expected one of step-by-step, kd, found \"step_by_step\";"
                        + " the nearest is step-by-step");
        assertThatThrownBy(() -> read(YAML.replace("[137, 275, 549]", "137")))
                .hasMessage("recipe.yaml:9: fractions: expected a list, found \"137\"");
        assertThatThrownBy(() -> read(YAML.replace("275", "a")))
                .hasMessage("recipe.yaml:9: fractions[1]: expected an integer, found \"a\"");
        assertThatThrownBy(() -> read(YAML.replace("275", "~"))).hasMessage("recipe.yaml:9: fractions[1] is empty");
        assertThatThrownBy(() -> read(YAML.replace("rationale: .5", "rationale: x")))
                .hasMessage("recipe.yaml:14: weights.rationale: expected a number, found \"x\"");
        assertThatThrownBy(() -> read("- 1\n")).hasMessage("recipe.yaml:1: expected keys and values, found a list");
    }

    @Test
    void aMissingPrimitiveNamesItsKey() {
        assertThatThrownBy(() -> read(YAML.replace("seed: 1_000", "")))
                .hasMessage("recipe.yaml:2: seed is missing; expected an integer");
        assertThatThrownBy(() -> read("")).hasMessage("recipe.yaml: seed is missing; expected an integer");
        assertThatThrownBy(() -> read(YAML.replace("learning_rate: 1e-4", "learning_rate:")))
                .hasMessage("recipe.yaml:7: train.learning_rate is missing; expected a number");
    }

    @Test
    void whatARecordRefusesIsOneLine() {
        assertThatThrownBy(() -> read(YAML.replace("1e-4", "-1")))
                .isInstanceOf(ConfigException.class)
                .hasMessage("recipe.yaml:7: train: learning_rate must be positive");
        assertThatThrownBy(() -> read(YAML.replace("1_000", "-1")))
                .hasMessage("recipe.yaml: seed must not be negative");
    }

    @Test
    void overridesReplaceAndAdd() {
        Config config = read(
                YAML,
                "seed=7",
                "train.learning_rate=5e-5",
                "fractions=[1, 2]",
                "weights.extra=2",
                "named.c.steps=9",
                "train.warmup=",
                "model=a=b");

        assertThat(config.seed()).isEqualTo(7);
        assertThat(config.train()).isEqualTo(new Optimiser(5e-5, 1.0, null));
        assertThat(config.fractions()).containsExactly(1, 2);
        assertThat(config.weights()).containsEntry("extra", 2.0).containsEntry("label", 1.0);
        assertThat(config.named().get("c")).isEqualTo(new Stage(null, 9));
        assertThat(config.model()).isEqualTo("a=b");
        assertThat(read("", "seed=1", "shuffle=false", "train.learning_rate=1")
                        .train()
                        .learningRate())
                .isEqualTo(1);
    }

    @Test
    void overridesAreCheckedLikeTheFile() {
        assertThatThrownBy(() -> read(YAML, "train.lerning_rate=1"))
                .hasMessage("override train.lerning_rate: unknown key train.lerning_rate;"
                        + " the nearest is train.learning_rate");
        assertThatThrownBy(() -> read(YAML, "seed=x"))
                .hasMessage("override seed: seed: expected an integer, found \"x\"");
        assertThatThrownBy(() -> read(YAML, "seed.x=1"))
                .hasMessage("override seed.x: seed is \"1_000\" (recipe.yaml:3), so it has no keys");
        for (String bad : List.of("seed", "=1", "a..b=1", "a.=1")) {
            assertThatThrownBy(() -> read(YAML, bad))
                    .hasMessageStartingWith("override \"" + bad + "\": expected key=value");
        }
        assertThatThrownBy(() -> read(YAML, "fractions=[1")).hasMessageStartingWith("override fractions: not YAML:");
    }

    @Test
    void anOverrideOfASharedAnchorChangesOnePlaceOnly() {
        Config config = read("seed: 1\nshuffle: true\nnamed:\n  a: &x {steps: 1}\n  b: *x\n", "named.a.steps=5");

        assertThat(config.named()).isEqualTo(Map.of("a", new Stage(null, 5), "b", new Stage(null, 1)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a: [1",
                "a: 'x",
                "a: *none",
                "a: \"\\q\"",
                "\tb: 1",
                "a: 1\n---\na: 2",
                "a: 1\na: 2",
                "? [x]\n: 1",
                "a: &r [*r]",
                "a: \u0001",
                "<<: {a: 1}"
            })
    void hostileTextIsOneLine(String yaml) {
        assertThatThrownBy(() -> YamlConfig.read(yaml, "x.yaml", Nothing.class, List.of()))
                .isInstanceOf(ConfigException.class)
                .message()
                .startsWith("x.yaml")
                .doesNotContain("\n");
    }

    @Test
    void bombsAreRefusedQuickly() {
        StringBuilder bomb = new StringBuilder("a0: &a0 [x, x]\n");
        for (int i = 1; i < 40; i++) {
            bomb.append("a" + i + ": &a" + i + " [*a" + (i - 1) + ", *a" + (i - 1) + "]\n");
        }
        assertThatThrownBy(() -> YamlConfig.read(bomb.toString(), "bomb", Nothing.class, List.of()))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("aliases");
        assertThatThrownBy(() -> YamlConfig.read("a: " + "[".repeat(100_000), "deep", Nothing.class, List.of()))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("epth");
        assertThatThrownBy(() ->
                        YamlConfig.read("a: " + "x".repeat(YamlValue.SIZE_LIMIT), "big", Nothing.class, List.of()))
                .hasMessage("big: longer than 1048576 characters");
    }

    @Test
    void readsFiles(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("recipe.yaml");
        Files.writeString(file, YAML);
        assertThat(YamlConfig.read(file, Config.class, List.of("seed=3")).seed())
                .isEqualTo(3);

        Files.write(file, new byte[] {'a', ':', ' ', (byte) 0xc3, (byte) 0x28});
        assertThatThrownBy(() -> YamlConfig.read(file, Config.class, List.of()))
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith(file + ": not UTF-8 text");
        assertThatThrownBy(() -> YamlConfig.read(folder.resolve("none.yaml"), Config.class, List.of()))
                .isInstanceOf(ConfigException.class)
                .hasMessage(folder.resolve("none.yaml") + ": no such file");
    }
}
