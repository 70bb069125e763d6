package dev.lapidary.serve;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.lapidary.core.ArchitectureContract;
import java.util.List;
import org.junit.jupiter.api.Test;

class ArchitectureTest extends ArchitectureContract {
  ArchitectureTest() {
    super("serve");
  }

  @Override
  protected List<String> mayUse() {
    return List.of("dev.lapidary.core", "dev.lapidary.runtime");
  }

  @Override
  protected List<String> mustNotUse() {
    return List.of("ai.djl");
  }

  @Test
  void admissionKnowsNoHttpAndNoImages() {
    requireFree("admission", "io.micronaut..", "io.netty..", "..core.image..");
  }

  private static void requireFree(String part, String... packages) {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(packages)
        .check(
            new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages("dev.lapidary.serve." + part));
  }
}
