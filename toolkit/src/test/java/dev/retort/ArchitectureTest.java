package dev.retort;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The arrows of the house: which room may use which. Where one is wrong, change it here and say why in docs/decisions. */
class ArchitectureTest {

    private static final Map<String, List<String>> MAY_USE = Map.ofEntries(
            Map.entry("data", List.of()),
            Map.entry("answer", List.of("data")),
            Map.entry("prompt", List.of("data")),
            Map.entry("run", List.of("data")),
            Map.entry("filter", List.of("data", "answer", "prompt")),
            Map.entry("teacher", List.of("data", "prompt", "answer", "run")),
            Map.entry("op", List.of()),
            Map.entry("batch", List.of("data", "prompt", "op")),
            Map.entry("model", List.of("data", "batch", "op")),
            Map.entry("loss", List.of("batch", "op", "signal")),
            Map.entry("signal", List.of("data", "run", "batch", "model", "teacher")),
            Map.entry("train", List.of("data", "batch", "model", "loss", "signal", "run", "op")),
            Map.entry("teacher.local", List.of("teacher", "model", "batch", "prompt", "data")),
            Map.entry("eval", List.of("data", "prompt", "answer", "batch", "model", "run")),
            Map.entry("report", List.of("data", "run", "eval")));

    private static final Set<String> WITH_DJL =
            Set.of("op", "batch", "model", "loss", "train", "eval", "teacher.local");

    private final JavaClasses toolkit = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.retort");

    @Test
    void everyRoomUsesOnlyTheRoomsItMay() {
        MAY_USE.forEach((room, others) -> {
            Set<String> allowed =
                    others.stream().map(name -> "dev.retort." + name).collect(Collectors.toSet());
            allowed.add("dev.retort." + room);
            classes()
                    .that()
                    .resideInAPackage("dev.retort." + room)
                    .should()
                    .onlyDependOnClassesThat(new DescribedPredicate<>("lie in " + allowed + " or outside the toolkit") {
                        @Override
                        public boolean test(JavaClass other) {
                            return !other.getPackageName().startsWith("dev.retort")
                                    || allowed.contains(other.getPackageName());
                        }
                    })
                    .allowEmptyShould(true)
                    .check(toolkit);
        });
    }

    @Test
    void everyRoomIsOnThePlan() {
        Set<String> rooms = new TreeSet<>();
        toolkit.forEach(type -> rooms.add(type.getPackageName().replaceFirst("^dev\\.retort\\.?", "")));
        assertThat(MAY_USE.keySet()).containsAll(rooms);
    }

    @Test
    void onlyTheRoomsThatComputeSeeDjl() {
        MAY_USE.keySet().stream().filter(room -> !WITH_DJL.contains(room)).forEach(room -> noClasses()
                .that()
                .resideInAPackage("dev.retort." + room)
                .should()
                .dependOnClassesThat()
                .resideInAPackage("ai.djl..")
                .allowEmptyShould(true)
                .check(toolkit));
    }

    @Test
    void onlyReportSeesTables() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.retort.report")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("tech.tablesaw..")
                .check(toolkit);
    }

    @Test
    void nothingSeesBeam() {
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.apache.beam..")
                .check(toolkit);
    }
}
