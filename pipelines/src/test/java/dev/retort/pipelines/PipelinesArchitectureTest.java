package dev.retort.pipelines;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** What is sent to Flink holds no native library and no training. */
class PipelinesArchitectureTest {

    private static final JavaClasses HOUSE = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("dev.retort");

    @Test
    void pipelinesUseOnlyTheRoomsThatAreSentAlong() {
        classes()
                .that()
                .resideInAPackage("dev.retort.pipelines..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "dev.retort.pipelines..",
                        "dev.retort.data",
                        "dev.retort.answer",
                        "dev.retort.prompt",
                        "dev.retort.run",
                        "dev.retort.filter",
                        "dev.retort.teacher",
                        "org.apache.beam..",
                        "com.fasterxml.jackson..",
                        "org.slf4j..",
                        "com.jerolba.carpet..",
                        "org.apache.parquet..",
                        "java..")
                .check(HOUSE);
    }

    @Test
    void noWayLeadsToDjl() {
        noClasses()
                .that()
                .resideInAPackage("dev.retort.pipelines..")
                .should()
                .transitivelyDependOnClassesThat()
                .resideInAnyPackage("ai.djl..", "tech.tablesaw..")
                .check(HOUSE);
    }
}
