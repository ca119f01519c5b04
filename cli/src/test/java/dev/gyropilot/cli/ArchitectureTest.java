package dev.gyropilot.cli;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

/** A room may use only the rooms below it; a brain uses nothing that is not pure. */
class ArchitectureTest {
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.gyropilot");

    @Test
    void roomsUseOnlyRoomsBelow() {
        layeredArchitecture()
                .consideringOnlyDependenciesInLayers()
                .layer("cli")
                .definedBy("dev.gyropilot.cli..")
                .layer("install")
                .definedBy("dev.gyropilot.install..")
                .layer("operator")
                .definedBy("dev.gyropilot.operator..")
                .layer("scheduler")
                .definedBy("dev.gyropilot.scheduler..")
                .optionalLayer("simulator")
                .definedBy("dev.gyropilot.simulator..")
                .layer("gateway")
                .definedBy("dev.gyropilot.gateway..")
                .layer("node")
                .definedBy("dev.gyropilot.node..")
                .layer("apiserver")
                .definedBy("dev.gyropilot.apiserver..")
                .layer("ledger")
                .definedBy("dev.gyropilot.ledger..")
                .layer("engines")
                .definedBy("dev.gyropilot.engines..")
                .layer("brain")
                .definedBy("dev.gyropilot.brain..")
                .layer("api")
                .definedBy("dev.gyropilot.api..")
                .whereLayer("cli")
                .mayNotBeAccessedByAnyLayer()
                .whereLayer("install")
                .mayOnlyBeAccessedByLayers("cli")
                .whereLayer("operator")
                .mayOnlyBeAccessedByLayers("cli")
                .whereLayer("scheduler")
                .mayOnlyBeAccessedByLayers("cli")
                .whereLayer("gateway")
                .mayOnlyBeAccessedByLayers("cli")
                .whereLayer("node")
                .mayOnlyBeAccessedByLayers("cli")
                .whereLayer("apiserver")
                .mayOnlyBeAccessedByLayers("cli")
                .whereLayer("engines")
                .mayOnlyBeAccessedByLayers("cli")
                .whereLayer("ledger")
                .mayOnlyBeAccessedByLayers("cli", "gateway", "operator")
                .whereLayer("brain")
                .mayOnlyBeAccessedByLayers("cli", "operator", "scheduler", "gateway", "simulator")
                .check(CLASSES);
    }

    @Test
    void brainsArePure() {
        noClasses()
                .that()
                .resideInAPackage("dev.gyropilot.brain..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "java.io..",
                        "java.nio.file..",
                        "java.net..",
                        "java.sql..",
                        "java.util.concurrent..",
                        "io.fabric8.kubernetes.client..",
                        "org.slf4j..",
                        "dev.gyropilot.api.cluster..")
                .orShould()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .callMethod(System.class, "nanoTime")
                .orShould()
                .callMethod(java.time.Instant.class, "now")
                .allowEmptyShould(true)
                .check(CLASSES);
    }

    @Test
    void brainsDoNotKnowEachOther() {
        noClasses()
                .that()
                .resideInAPackage("dev.gyropilot.brain.placement..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("dev.gyropilot.brain.routing..")
                .orShould()
                .dependOnClassesThat()
                .resideInAPackage("dev.gyropilot.gateway..")
                .allowEmptyShould(true)
                .check(CLASSES);
        noClasses()
                .that()
                .resideInAPackage("dev.gyropilot.brain.routing..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("dev.gyropilot.brain.placement..")
                .allowEmptyShould(true)
                .check(CLASSES);
    }
}
