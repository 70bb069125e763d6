package dev.lapidary.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.runtime.session.Device;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * What programs of others compile against, line by line: a change of {@code api.txt} is a change of
 * the version ({@code docs/stability.md}). {@code -Dlapidary.update=true} rewrites it.
 */
class ApiTest {
  private static final Path LIST = Path.of("src/test/resources/api.txt");
  private static final List<Class<?>> PUBLIC =
      List.of(
          Classifier.class,
          ClassifierOptions.class,
          Classification.class,
          Prediction.class,
          Device.class);

  @Test
  void theSignaturesAreThoseOfTheList() throws IOException {
    String found =
        PUBLIC.stream().map(ApiTest::signatures).collect(Collectors.joining("\n", "", "\n"));
    if (Boolean.getBoolean("lapidary.update")) {
      Files.writeString(LIST, found);
    }
    assertThat(found).isEqualTo(Files.readString(LIST));
  }

  /** Every public method is shown in use, where it is not a record's own. */
  @Test
  void everyMethodHasAnExample() throws IOException {
    for (Class<?> type : List.of(Classifier.class, Classification.class)) {
      String source =
          Files.readString(
              Path.of("src/main/java/dev/lapidary/runtime", type.getSimpleName() + ".java"));
      String[] parts = source.split("\\n  public (?!record|enum|static final)");
      for (int i = 1; i < parts.length; i++) {
        String signature = parts[i].lines().findFirst().orElse("");
        String before = parts[i - 1];
        String comment = before.substring(Math.max(0, before.lastIndexOf("/**")));
        assertThat(comment.contains("@code") || signature.contains("toString()"))
            .as("an example for %s", signature)
            .isTrue();
      }
    }
  }

  /** No class beside these is public in the package that programs use. */
  @Test
  void nothingElseIsPublicThere() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("src/main/java/dev/lapidary/runtime"))) {
      assertThat(
              files
                  .filter(Files::isRegularFile)
                  .filter(ApiTest::isPublic)
                  .map(file -> file.getFileName().toString().replace(".java", ""))
                  .sorted())
          .containsExactly("Classification", "Classifier", "ClassifierOptions", "Prediction");
    }
  }

  private static boolean isPublic(Path file) {
    try {
      return Files.readString(file).contains("\npublic ");
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static String signatures(Class<?> type) {
    TreeSet<String> lines = new TreeSet<>();
    for (Field field : type.getDeclaredFields()) {
      add(lines, field.getModifiers(), field.toGenericString());
    }
    for (Constructor<?> constructor : type.getDeclaredConstructors()) {
      add(lines, constructor.getModifiers(), constructor.toGenericString());
    }
    for (Method method : type.getDeclaredMethods()) {
      boolean ofObject =
          Arrays.stream(Object.class.getMethods())
              .anyMatch(own -> own.getName().equals(method.getName()));
      if (!ofObject && !method.isSynthetic()) {
        add(lines, method.getModifiers(), method.toGenericString());
      }
    }
    return type.toGenericString() + "\n  " + String.join("\n  ", lines);
  }

  private static void add(TreeSet<String> lines, int modifiers, String signature) {
    if (Modifier.isPublic(modifiers)) {
      lines.add(signature);
    }
  }
}
