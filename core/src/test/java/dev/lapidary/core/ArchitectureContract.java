package dev.lapidary.core;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
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

  /** The classes of a package and each package below it: none uses another and is used by it. */
  @Test
  void packagesFormNoCycleAtAnyDepth() {
    Set<String> parents = new TreeSet<>();
    for (JavaClass type : classes) {
      for (String p = type.getPackageName(); p.startsWith(root); p = parent(p)) {
        parents.add(p);
      }
    }
    List<String> cycles = new ArrayList<>();
    for (String parent : parents) {
      for (Set<String> knot : Knots.of(arrows(type -> part(parent, type)))) {
        cycles.add(parent + ": " + knot);
      }
    }
    assertThat(cycles).as("packages that use each other").isEmpty();
  }

  private static String parent(String packageName) {
    return packageName.substring(0, packageName.lastIndexOf('.'));
  }

  /** Empty outside of the parent. */
  private static String part(String parent, JavaClass type) {
    String own = type.getPackageName();
    if (own.equals(parent)) {
      return "its own classes";
    }
    return own.startsWith(parent + ".")
        ? own.substring(parent.length() + 1).replaceFirst("\\..*", "")
        : "";
  }

  /** A sealed interface and what it permits count as one. */
  @Test
  void noKnotOfManyClasses() {
    Map<String, String> one = new HashMap<>();
    for (JavaClass type : classes) {
      Class<?>[] permitted = type.reflect().getPermittedSubclasses();
      for (Class<?> each : permitted == null ? new Class<?>[0] : permitted) {
        one.put(each.getName(), type.getName());
      }
    }
    List<String> knots = new ArrayList<>();
    for (Set<String> knot : Knots.of(arrows(type -> unit(type, one)))) {
      if (knot.size() > mostClassesInAKnot()) {
        knots.add(knot.size() + ": " + knot);
      }
    }
    assertThat(knots).as("classes that need each other").isEmpty();
  }

  /** The greatest number of classes that may use each other in a circle. */
  protected int mostClassesInAKnot() {
    return 6;
  }

  private static String unit(JavaClass type, Map<String, String> one) {
    String name = type.getName();
    for (String next = name; ; name = next) {
      next = one.getOrDefault(name, name).replaceFirst("\\$.*", "");
      if (next.equals(name)) {
        return name;
      }
    }
  }

  private Map<String, Set<String>> arrows(Function<JavaClass, String> node) {
    Map<String, Set<String>> arrows = new TreeMap<>();
    for (JavaClass type : classes) {
      String from = node.apply(type);
      if (!from.isEmpty()) {
        Set<String> to = arrows.computeIfAbsent(from, k -> new TreeSet<>());
        for (Dependency dependency : type.getDirectDependenciesFromSelf()) {
          JavaClass target = dependency.getTargetClass().getBaseComponentType();
          if (target.getName().startsWith(root + ".") && !node.apply(target).isEmpty()) {
            to.add(node.apply(target));
          }
        }
        to.remove(from);
      }
    }
    return arrows;
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
