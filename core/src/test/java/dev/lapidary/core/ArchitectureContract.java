package dev.lapidary.core;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

/** The rules of structure that hold in every module; each module's test says its own arrows. */
public abstract class ArchitectureContract {
  private final String root;
  private final JavaClasses classes;

  /**
   * @param module {@code models}, {@code trainer}, ...
   */
  protected ArchitectureContract(String module) {
    this.root = "dev.lapidary." + module;
    this.classes =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_JARS)
            .importPackages(root);
  }

  /** Packages of Lapidary that the module may use beside its own. */
  protected abstract List<String> mayUse();

  /** Packages of libraries that the module must not use. */
  protected abstract List<String> mustNotUse();

  @Test
  void usesOnlyTheModulesThatItMay() {
    DescribedPredicate<JavaClass> allowed = resideInAPackage(root + "..");
    for (String other : mayUse()) {
      allowed = allowed.or(resideInAPackage(other + ".."));
    }
    noClasses()
        .should()
        .dependOnClassesThat(
            resideInAPackage("dev.lapidary..").and(DescribedPredicate.not(allowed)))
        .because(root + " may use " + mayUse())
        .check(classes);
  }

  @Test
  void usesNoForbiddenLibrary() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(mustNotUse().stream().map(p -> p + "..").toArray(String[]::new))
        .check(classes);
  }

  @Test
  void packagesFormNoCycle() {
    slices().matching(root + ".(*)..").should().beFreeOfCycles().check(classes);
  }

  @Test
  void namesSayWhatAThingIs() {
    classes()
        .should()
        .haveNameNotMatching(".*\\.(Abstract|Base)[A-Z][^.]*")
        .andShould()
        .haveNameNotMatching(".*(Manager|Helper|Utils?|Impl|Base)(\\$.*)?")
        .check(classes);
  }

  @Test
  void everyPackageIsNullMarked() {
    Set<String> unmarked = new TreeSet<>();
    for (JavaClass type : classes) {
      JavaPackage place = type.getPackage();
      if (!place.isAnnotatedWith(NullMarked.class)) {
        unmarked.add(place.getName());
      }
    }
    assertThat(unmarked).as("packages without @NullMarked in package-info.java").isEmpty();
  }
}
