package dev.lapidary.runtime;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.lapidary.core.ArchitectureContract;
import java.util.List;
import org.junit.jupiter.api.Test;

class ArchitectureTest extends ArchitectureContract {
  ArchitectureTest() {
    super("runtime");
  }

  @Override
  protected List<String> mayUse() {
    return List.of("dev.lapidary.core");
  }

  /** No signal handler either: that is a program's affair. */
  @Override
  protected List<String> mustNotUse() {
    return List.of("ai.djl", "io.micronaut", "sun.misc");
  }

  @Test
  void batchingKnowsNoImagesAndNoRuntime() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("ai.onnxruntime..", "..core.image..")
        .check(
            new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages("dev.lapidary.runtime.batch"));
  }
}
