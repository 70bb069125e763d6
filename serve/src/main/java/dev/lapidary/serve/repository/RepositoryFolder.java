package dev.lapidary.serve.repository;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.runtime.model.ModelFormat;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Which models a file or a folder holds. In a folder a model is {@code NAME.onnx}, {@code
 * NAME/*.onnx} or, as Triton has it, {@code NAME/VERSION/*.onnx} with numbers as versions; where
 * archives are run, {@code .pt} and {@code .torchscript} too. A folder with one file alone is that
 * file.
 */
final class RepositoryFolder {
  private static final int DEEPEST = 3;
  private static final Pattern VERSION = Pattern.compile("[0-9]{1,18}");

  private final Path path;
  private final boolean allVersions;
  private final Predicate<String> models;

  /**
   * @param allVersions otherwise the latest of each model
   * @param models tells by its name which file is one
   */
  RepositoryFolder(Path path, boolean allVersions, Predicate<String> models) {
    this.path = path;
    this.allVersions = allVersions;
    this.models = models;
  }

  /**
   * In the order of their names.
   *
   * @throws Failure (exit 2) if there is no model, or one cannot be told from another
   */
  List<ModelSource> sources() {
    if (Files.isRegularFile(path)) {
      return List.of(new ModelSource(Optional.empty(), Optional.empty(), path));
    }
    if (!Files.isDirectory(path)) {
      throw Failure.badInput(
          "%s is neither %s file nor a folder with one",
          path, archivesAreModels() ? "an ONNX nor a TorchScript" : "an ONNX");
    }
    List<Path> files = files(path);
    List<ModelSource> found = new ArrayList<>();
    for (Path folder : folders(path)) {
      found.addAll(ofModel(folder));
    }
    if (files.size() == 1 && found.isEmpty()) {
      return List.of(new ModelSource(Optional.empty(), Optional.empty(), files.get(0)));
    }
    for (Path file : files) {
      String name = requireName(ModelFormat.stem(nameOf(file)), file);
      found.add(new ModelSource(Optional.of(name), Optional.empty(), file));
    }
    if (found.isEmpty()) {
      throw Failure.badInput(
          "%s holds no model, expected NAME.onnx, NAME/*.onnx or NAME/1/*.onnx%s",
          path, archivesAreLeftOut() ? "; TorchScript archives (.pt) need --engine pytorch" : "");
    }
    return requireDistinct(found);
  }

  private List<ModelSource> ofModel(Path folder) {
    List<Path> own = files(folder);
    TreeMap<Long, Path> versions = new TreeMap<>();
    for (Path each : folders(folder)) {
      List<Path> files = files(each);
      if (VERSION.matcher(nameOf(each)).matches() && !files.isEmpty()) {
        versions.put(Long.parseLong(nameOf(each)), single(each, files));
      }
    }
    if (own.isEmpty() && versions.isEmpty()) {
      return List.of(); // a folder of something else
    }
    Optional<String> name = Optional.of(requireName(nameOf(folder), folder));
    if (versions.isEmpty()) {
      return List.of(new ModelSource(name, Optional.empty(), single(folder, own)));
    }
    if (!own.isEmpty()) {
      throw Failure.badInput(
          "%s holds versions and also %s, expected one or the other", folder, nameOf(own.get(0)));
    }
    return (allVersions ? versions : versions.tailMap(versions.lastKey()))
        .entrySet().stream()
            .map(v -> new ModelSource(name, Optional.of(Long.toString(v.getKey())), v.getValue()))
            .toList();
  }

  private boolean archivesAreModels() {
    return models.test("model.pt");
  }

  /** Whether there are some, somewhere in the folder, and nobody runs them. */
  private boolean archivesAreLeftOut() {
    if (archivesAreModels()) {
      return false;
    }
    try (Stream<Path> all = Files.walk(path, DEEPEST)) {
      return all.anyMatch(file -> ModelFormat.TORCHSCRIPT.isName(nameOf(file)));
    } catch (IOException | UncheckedIOException e) {
      return false;
    }
  }

  private static Path single(Path folder, List<Path> files) {
    if (files.size() != 1) {
      boolean onnx = files.stream().allMatch(file -> ModelFormat.ONNX.isName(nameOf(file)));
      throw Failure.badInput(
          "%s holds %d %s files, expected 1", folder, files.size(), onnx ? ".onnx" : "model");
    }
    return files.get(0);
  }

  private static String requireName(String name, Path location) {
    if (!ModelId.isSegment(name)) {
      throw Failure.badInput(
          "%s: a model's name is at most 64 letters, digits and ._- and begins with no dot, but"
              + " this one is '%s'; rename it",
          location, name);
    }
    return name;
  }

  private static List<ModelSource> requireDistinct(List<ModelSource> all) {
    TreeMap<String, Path> versions = new TreeMap<>();
    for (ModelSource each : all) {
      String key = each.name().orElse("") + "/" + each.version().orElse("");
      String bare = each.name().orElse("") + "/";
      Path before = versions.putIfAbsent(key, each.file());
      if (before == null && !key.equals(bare)) {
        before = versions.get(bare);
      }
      if (before != null) {
        throw Failure.badInput(
            "the model %s is there twice: %s and %s; rename one",
            each.name().orElse(""), before, each.file());
      }
    }
    return all.stream()
        .sorted((a, b) -> a.name().orElse("").compareTo(b.name().orElse("")))
        .toList();
  }

  private List<Path> files(Path folder) {
    return list(folder)
        .filter(p -> models.test(nameOf(p)) && !nameOf(p).startsWith("."))
        .filter(Files::isRegularFile)
        .toList();
  }

  private static List<Path> folders(Path folder) {
    return list(folder).filter(p -> !nameOf(p).startsWith(".")).filter(Files::isDirectory).toList();
  }

  private static Stream<Path> list(Path folder) {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.sorted().toList().stream();
    } catch (IOException e) {
      throw Failure.badInput("%s cannot be listed: %s", folder, Failure.reason(e));
    }
  }

  private static String nameOf(Path path) {
    return String.valueOf(path.getFileName());
  }
}
