package dev.lapidary.serve;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "dev.lapidary.serve", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {
  @ArchTest
  static final ArchRule dependsOnModelsOnly =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "dev.lapidary.trainer..", "dev.lapidary.exporter..", "dev.lapidary.quickstart..");

  @ArchTest
  static final ArchRule servesWithoutDjl =
      noClasses().should().dependOnClassesThat().resideInAnyPackage("ai.djl..");

  @ArchTest
  static final ArchRule packagesAreFreeOfCycles =
      slices().matching("dev.lapidary.serve.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule batchingKnowsNoHttpAndNoRuntime =
      noClasses()
          .that()
          .resideInAPackage("..serve.batch..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "io.micronaut..", "io.netty..", "ai.onnxruntime..", "..models.image..");

  @ArchTest
  static final ArchRule modelsAreLoadedWithoutHttp =
      noClasses()
          .that()
          .resideInAPackage("..serve.model..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.micronaut..", "io.netty..");
}
