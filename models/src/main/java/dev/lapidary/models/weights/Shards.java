package dev.lapidary.models.weights;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.Quote;
import dev.lapidary.core.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A network's weights in several files beside each other, as Hugging Face's {@code save_pretrained}
 * writes them: {@code model-00001-of-00002.safetensors}, and an index that says which tensor is in
 * which file. All of them are read, or none.
 *
 * @param given as messages call the set
 * @param files in order
 * @param index the file of each tensor; empty where there is no index
 */
record Shards(Path given, List<Path> files, Map<String, String> index) {
  static final String INDEX = ".index.json";

  /** Numbers are padded with zeros: {@code fold-1-of-5.pth} is something else. */
  private static final Pattern NAME =
      Pattern.compile("(.*?)([-_.])(\\d{4,6})-of-(\\d{4,6})((?:\\.[A-Za-z0-9]+)?)");

  private static final int MAX_SHARDS = 100_000;

  /**
   * The set that an index, a folder with one, or one of the files belongs to; empty for any other
   * file.
   *
   * @throws Failure exit 2 if files are missing, or the index is none
   */
  static Optional<Shards> of(Path path) {
    if (Files.isDirectory(path)) {
      return inFolder(path);
    }
    String name = String.valueOf(path.getFileName());
    if (name.endsWith(INDEX)) {
      return Optional.of(ofIndex(path));
    }
    Matcher numbered = NAME.matcher(name);
    if (!numbered.matches() || !Files.isRegularFile(path)) {
      return Optional.empty();
    }
    Path index = path.resolveSibling(numbered.group(1) + numbered.group(5) + INDEX);
    if (!Files.isRegularFile(index)) {
      return Optional.of(ofNumbers(path, numbered));
    }
    Shards all = ofIndex(index);
    if (all.files.stream().noneMatch(file -> file.getFileName().equals(path.getFileName()))) {
      throw Failure.badInput(
          "is not in the index %s beside it; fetch the shards of one and the same version",
          index.getFileName());
    }
    return Optional.of(all);
  }

  /** Of several indexes the one of safetensors. */
  private static Optional<Shards> inFolder(Path folder) {
    List<Path> indexes = listed(folder, INDEX);
    List<Path> safe = listed(folder, ".safetensors" + INDEX);
    List<Path> chosen = safe.size() == 1 ? safe : indexes;
    if (chosen.size() > 1) {
      throw Failure.badInput(
          "is a folder with %d indexes of weights, such as %s; name one of them",
          chosen.size(), chosen.get(0).getFileName());
    }
    return chosen.stream().findFirst().map(Shards::ofIndex);
  }

  private static List<Path> listed(Path folder, String ending) {
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> String.valueOf(file.getFileName()).endsWith(ending))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw Failure.badInput("the folder cannot be read: %s", Failure.reason(e));
    }
  }

  private static Shards ofIndex(Path index) {
    Map<String, String> folders = ShardIndex.read(index);
    Set<String> names = new LinkedHashSet<>(folders.values().stream().sorted().toList());
    List<Path> files = names.stream().map(index::resolveSibling).toList();
    requireAll(files, "its index names");
    return new Shards(index, files, folders);
  }

  private static Shards ofNumbers(Path shard, Matcher name) {
    int count = Integer.parseInt(name.group(4));
    int number = Integer.parseInt(name.group(3));
    if (number > count || count > MAX_SHARDS) {
      throw Failure.badInput("is shard %d of %d by its name; give it its own name", number, count);
    }
    int digits = name.group(3).length();
    List<Path> files = new ArrayList<>();
    boolean fromZero = Files.isRegularFile(shard.resolveSibling(shardName(name, 0, digits)));
    for (int i = 0; i < count; i++) {
      files.add(shard.resolveSibling(shardName(name, fromZero ? i : i + 1, digits)));
    }
    requireAll(files, "it is one of");
    return new Shards(shard, files, Map.of());
  }

  private static String shardName(Matcher name, int number, int digits) {
    return ("%s%s%0" + digits + "d-of-%s%s")
        .formatted(name.group(1), name.group(2), number, name.group(4), name.group(5));
  }

  private static void requireAll(List<Path> files, String why) {
    List<String> missing =
        files.stream()
            .filter(file -> !Files.isRegularFile(file))
            .map(file -> Quote.of(String.valueOf(file.getFileName())))
            .toList();
    if (!missing.isEmpty()) {
      throw Failure.badInput(
          "lacks a part of the network: %s %d shards, and beside it there is no %s; fetch all of"
              + " them into one folder",
          why, files.size(), SavedDict.few(missing));
    }
  }

  /**
   * All tensors.
   *
   * @param reader of one file
   * @throws Failure exit 2 if a tensor is in two files, or not where the index says
   */
  NamedTensors read(Function<Path, NamedTensors> reader) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    Map<String, String> found = new LinkedHashMap<>();
    Map<String, String> metadata = new LinkedHashMap<>();
    Set<String> notes = new LinkedHashSet<>();
    String format = "";
    for (Path file : files) {
      String name = String.valueOf(file.getFileName());
      NamedTensors part = reader.apply(file);
      part.tensors()
          .forEach(
              (key, tensor) -> {
                String other = found.putIfAbsent(key, name);
                if (other != null) {
                  throw Failure.badInput(
                      "%s is in %s and in %s; the shards are not of one network",
                      Quote.of(key), Quote.of(other), Quote.of(name));
                }
                tensors.put(key, tensor);
              });
      format = part.format();
      part.metadata().forEach(metadata::putIfAbsent);
      notes.addAll(part.notes());
    }
    index.forEach((key, file) -> requireShard(key, file, found));
    List<String> said = new ArrayList<>(notes);
    said.add("%d shards, %s to %s".formatted(files.size(), name(0), name(files.size() - 1)));
    return new NamedTensors(format, tensors, metadata, said);
  }

  private static void requireShard(String key, String file, Map<String, String> found) {
    if (!file.equals(found.get(key))) {
      throw Failure.badInput(
          "its index says that %s is in %s, but %s; fetch index and shards of one and the same"
              + " version",
          Quote.of(key),
          Quote.of(file),
          found.containsKey(key)
              ? "it is in " + Quote.of(String.valueOf(found.get(key)))
              : "no shard has it");
    }
  }

  private String name(int file) {
    return String.valueOf(files.get(file).getFileName());
  }
}
