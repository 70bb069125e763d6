package dev.lapidary.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A class name means one thing in all of the project. */
class ClassNamesTest {
  private static final Path HOME = Path.of("..");

  /** How an operator is traced and how it is lowered are in files of the same name. */
  private static final List<String> OPERATORS =
      List.of("torchscript/trace/operator", "torchscript/trace/quantized", "exporter/lower");

  @Test
  void noTwoClassesShareAName() throws IOException {
    Map<String, List<String>> folders = new TreeMap<>();
    for (Path source : sources()) {
      String name = source.getFileName().toString().replace(".java", "");
      folders.computeIfAbsent(name, unused -> new ArrayList<>()).add(folder(source));
    }
    folders.values().removeIf(places -> places.size() == 1);
    folders.remove("package-info");
    folders.entrySet().removeIf(e -> isCommand(e.getKey(), e.getValue()));
    folders.values().removeIf(OPERATORS::containsAll);
    assertThat(folders).isEmpty();
  }

  /** Two programs may have a command of the same name. */
  private static boolean isCommand(String name, List<String> folders) {
    return name.endsWith("Command") && folders.stream().allMatch(f -> f.endsWith("/cli"));
  }

  private static List<Path> sources() throws IOException {
    List<Path> sources = new ArrayList<>();
    try (Stream<Path> modules = Files.list(HOME)) {
      for (Path root : modules.map(m -> m.resolve("src/main/java")).toList()) {
        if (Files.isDirectory(root)) {
          try (Stream<Path> files = Files.walk(root)) {
            files.filter(file -> file.toString().endsWith(".java")).forEach(sources::add);
          }
        }
      }
    }
    return sources;
  }

  /** {@code torchscript/trace/operator}. */
  private static String folder(Path source) {
    return slashes(source.getParent()).replaceFirst(".*/dev/lapidary/", "");
  }

  private static String slashes(Path path) {
    return path.toString().replace('\\', '/');
  }
}
