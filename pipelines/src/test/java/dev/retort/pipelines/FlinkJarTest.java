package dev.retort.pipelines;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarFile;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.apache.beam.sdk.options.PipelineOptionsRegistrar;
import org.apache.beam.sdk.runners.PipelineRunnerRegistrar;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What is sent to a remote Flink cluster. */
@Tag("packaged")
class FlinkJarTest {

    private static final List<String> ROOMS = List.of(
            "dev/retort/pipelines/",
            "dev/retort/data/",
            "dev/retort/answer/",
            "dev/retort/prompt/",
            "dev/retort/run/",
            "dev/retort/filter/",
            "dev/retort/teacher/");

    private JarFile jar;
    private Set<String> entries;

    @BeforeEach
    void open() throws IOException {
        jar = new JarFile(System.getProperty(RemoteFlink.JAR));
        entries = jar.stream()
                .filter(entry -> !entry.isDirectory())
                .map(ZipEntry::getName)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @AfterEach
    void close() throws IOException {
        jar.close();
    }

    private static String room(String entry) {
        return entry.substring(0, entry.lastIndexOf('/') + 1);
    }

    /** Files under a folder of compiled classes, as the names of entries. */
    private static Set<String> files(Path classes) throws IOException {
        try (Stream<Path> files = Files.walk(classes)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> classes.relativize(file).toString().replace('\\', '/'))
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    @Test
    void ofThisProjectItHoldsTheRoomsThatPipelinesUseAndNoOther() throws IOException {
        Path root = Path.of(System.getProperty("retort.root"));
        Set<String> expected = files(root.resolve("toolkit/target/classes"));
        expected.addAll(files(root.resolve("pipelines/target/classes")));
        expected.removeIf(name -> name.startsWith("dev/") && !ROOMS.contains(room(name)));
        Set<String> rooms = expected.stream()
                .map(FlinkJarTest::room)
                .filter(ROOMS::contains)
                .collect(Collectors.toSet());
        assertThat(rooms).containsExactlyInAnyOrderElementsOf(ROOMS);
        assertThat(entries).containsAll(expected);
        assertThat(entries).filteredOn(name -> name.startsWith("dev/")).isSubsetOf(expected);
        assertThat(entries).contains("prompts/zero-shot-cot.txt", "perturbation/first-names.txt");
    }

    @Test
    void nothingNativeNothingOfTensorsOrPlotsNothingThatAClusterHas() {
        assertThat(entries).noneMatch(name -> name.matches(".*\\.(so|dll|dylib|jnilib)"));
        assertThat(entries)
                .noneMatch(name -> name.startsWith("ai/djl/")
                        || name.startsWith("tech/tablesaw/")
                        || name.startsWith("org/knowm/")
                        || name.startsWith("org/apache/flink/")
                        || name.startsWith("com/esotericsoftware/")
                        || name.startsWith("org/slf4j/"));
        assertThat(entries)
                .contains(
                        "org/apache/beam/sdk/Pipeline.class",
                        "org/apache/beam/runners/flink/FlinkRunner.class",
                        "com/fasterxml/jackson/databind/ObjectMapper.class",
                        "org/yaml/snakeyaml/Yaml.class");
    }

    @Test
    void signaturesAreDropped() {
        assertThat(entries).noneMatch(name -> name.matches("META-INF/[^/]+\\.(SF|RSA|DSA|EC)"));
    }

    /** The same file in several jars is one file with all their lines. */
    @Test
    void servicesOfAllJarsAreMerged() throws IOException {
        assertThat(service(PipelineRunnerRegistrar.class.getName()))
                .containsExactly("org.apache.beam.runners.flink.FlinkRunnerRegistrar$Runner");
        assertThat(service(PipelineOptionsRegistrar.class.getName()))
                .contains(
                        "org.apache.beam.runners.flink.FlinkRunnerRegistrar$Options",
                        "org.apache.beam.sdk.options.DefaultPipelineOptionsRegistrar");
        Pattern beam = Pattern.compile("META-INF/services/org\\.apache\\.beam\\..+");
        for (String name : entries) {
            if (beam.matcher(name).matches()) {
                for (String provider : service(name.substring("META-INF/services/".length()))) {
                    assertThat(entries).as(name).contains(provider.replace('.', '/') + ".class");
                }
            }
        }
    }

    private List<String> service(String type) throws IOException {
        try (var in = jar.getInputStream(jar.getEntry("META-INF/services/" + type))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .map(line -> line.replaceFirst("#.*", "").strip())
                    .filter(line -> !line.isEmpty())
                    .toList();
        }
    }
}
