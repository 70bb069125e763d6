package dev.lapidary.exporter.artifact;

import dev.lapidary.core.failure.Failure;
import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.lang.model.SourceVersion;

/**
 * What an artifact is called.
 *
 * @param group {@code com.acme}
 * @param artifact {@code shoes}
 * @param version {@code 1.0}
 * @param packageName of the class, {@code com.acme.shoes}
 * @param className {@code Shoes}
 */
public record Coordinates(
    String group, String artifact, String version, String packageName, String className) {
  private static final Pattern ID = Pattern.compile("[A-Za-z0-9_.-]+");

  /**
   * @throws Failure (exit 2) for what Maven or Java does not take
   */
  public Coordinates {
    require("--group", group, ID.matcher(group).matches());
    require("--artifact", artifact, ID.matcher(artifact).matches());
    require("--version", version, ID.matcher(version).matches());
    if (!SourceVersion.isName(packageName, SourceVersion.RELEASE_17)) {
      throw Failure.badInput(
          "--package %s: expected a Java package's name, such as com.acme.shoes", packageName);
    }
    if (!SourceVersion.isName(className, SourceVersion.RELEASE_17) || className.contains(".")) {
      throw Failure.badInput(
          "--class %s: expected the name of a Java class, such as Shoes", className);
    }
  }

  private static void require(String option, String found, boolean right) {
    if (!right) {
      throw Failure.badInput(
          "%s %s: expected letters, digits, '.', '-' and '_', as Maven takes them", option, found);
    }
  }

  /** {@code brown-shoes} gives {@code BrownShoes}. */
  public static String className(String artifact) {
    String name =
        Arrays.stream(artifact.split("[^A-Za-z0-9]+"))
            .filter(word -> !word.isEmpty())
            .map(word -> word.substring(0, 1).toUpperCase(Locale.ROOT) + word.substring(1))
            .collect(Collectors.joining());
    return name.isEmpty() || Character.isDigit(name.charAt(0)) ? "Model" + name : name;
  }

  /** {@code shoes-1.0}. */
  String fileName() {
    return artifact + "-" + version;
  }

  /** Of the class, in a jar. */
  String folder() {
    return packageName.replace('.', '/') + "/";
  }
}
