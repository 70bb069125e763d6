package dev.lapidary.core.manifest;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.FolderCensus;
import dev.lapidary.core.image.ImageFolder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * How classes and parts lie in a folder: the layouts of torchvision, Keras, fastai and Ultralytics.
 * Either one sub-folder a class, or sub-folders such as {@code train} and {@code val} of that kind,
 * in any case of letters and with the same addition ({@code seg_train}, {@code seg_test}); maybe
 * inside of a single folder ({@code photos/dataset/train/cat}, {@code photos/images/train/cat}).
 *
 * <p>Parts are told by what lies in them, not by names alone, so that classes may be called {@code
 * train} or {@code test}: parts hold class folders, and some of the same classes.
 *
 * @param base the folder that the classes or parts lie in
 * @param parts where the parts are; empty if {@code base} has the class folders
 * @param leftAlone sub-folders with images that are neither parts nor classes
 */
record FolderLayout(Path base, Map<Part, Path> parts, List<Path> leftAlone) {
  /** What people call a folder that has all images, beside one of annotations. */
  private static final Pattern WRAPPER =
      Pattern.compile("(?i)images?|imgs?|pictures|photos|data|dataset");

  private static final Pattern PART =
      Pattern.compile(
          "(?i)(|.*[-._ ])(train(?:ing)?|val(?:id(?:ation)?)?|eval(?:uation)?|dev|test(?:ing)?)"
              + "(|[-._ 0-9].*)");

  private static final int DEEPEST = 4;

  FolderLayout {
    parts = parts.isEmpty() ? Map.of() : new EnumMap<>(parts);
    leftAlone = List.copyOf(leftAlone);
  }

  /**
   * @param known classes, if any: a folder with such a name is a class
   * @throws Failure (exit 2) if the folders have names of parts and cannot be such, in words
   */
  static FolderLayout of(Path root, List<String> known) {
    return of(root, known, DEEPEST);
  }

  private static FolderLayout of(Path root, List<String> known, int depth) {
    FolderCensus inside = FolderCensus.of(root);
    Optional<FolderLayout> divided = divided(root, inside);
    if (divided.isPresent()) {
      return divided.get();
    }
    Optional<Path> wrapped = depth == 0 ? Optional.empty() : wrapped(inside, known);
    return wrapped.isPresent()
        ? of(wrapped.get(), known, depth - 1)
        : new FolderLayout(root, Map.of(), List.of());
  }

  /** The class folders of a part: itself, or the only folder in it ({@code train/images/cat}). */
  static Path classFolders(Path part, List<String> known) {
    return wrapped(FolderCensus.of(part), known).orElse(part);
  }

  /** The only sub-folder with images, if these lie in sub-folders of it and it is no class. */
  private static Optional<Path> wrapped(FolderCensus inside, List<String> known) {
    List<Path> full = inside.full();
    if (inside.images() || full.size() != 1) {
      return Optional.empty();
    }
    String name = name(full.get(0));
    boolean alone = inside.folders().size() == 1 || WRAPPER.matcher(name).matches();
    return alone && !LabelNames.contains(known, name) && !full(full.get(0)).isEmpty()
        ? Optional.of(full.get(0))
        : Optional.empty();
  }

  /** Empty if the sub-folders are classes. */
  private static Optional<FolderLayout> divided(Path root, FolderCensus inside) {
    Map<String, Map<Part, List<Path>>> groups = groups(inside);
    List<String> additions = new ArrayList<>(groups.keySet()); // none at all comes first
    for (String addition : additions) {
      Map<Part, List<Path>> group = groups.getOrDefault(addition, Map.of());
      List<Path> named = group.values().stream().flatMap(List::stream).toList();
      List<Path> others = inside.full().stream().filter(path -> !named.contains(path)).toList();
      boolean whole = group.containsKey(Part.TRAIN) && group.size() > 1;
      if ((addition.isEmpty() || whole) && areParts(root, group, others)) {
        return Optional.of(layout(root, group, others));
      }
    }
    return Optional.empty();
  }

  private static Map<String, Map<Part, List<Path>>> groups(FolderCensus inside) {
    Map<String, Map<Part, List<Path>>> groups = new TreeMap<>();
    for (Path folder : inside.folders()) {
      Matcher matcher = PART.matcher(name(folder));
      if (matcher.matches()) {
        Part.folder(matcher.group(2))
            .ifPresent(
                part ->
                    groups
                        .computeIfAbsent(
                            matcher.group(1) + "*" + matcher.group(3),
                            key -> new EnumMap<>(Part.class))
                        .computeIfAbsent(part, key -> new ArrayList<>())
                        .add(folder));
      }
    }
    Map<String, Map<Part, List<Path>>> shortest = new TreeMap<>();
    groups.forEach((key, group) -> shortest.put(key.equals("*") ? "" : key, group));
    return shortest;
  }

  private static boolean areParts(Path root, Map<Part, List<Path>> group, List<Path> others) {
    List<Path> train = group.getOrDefault(Part.TRAIN, List.of());
    List<Path> measured = measured(group);
    boolean shared =
        train.stream().anyMatch(t -> measured.stream().anyMatch(m -> shareClasses(t, m)));
    if (shared) {
      if (!group.containsKey(Part.VALIDATION)) {
        requireNoClassesBeside(root, train.get(0), others);
      }
      return true;
    }
    boolean classed = measured.stream().anyMatch(path -> !full(path).isEmpty());
    boolean trained = !train.isEmpty() && !full(train.get(0)).isEmpty();
    if (!others.isEmpty()) {
      return trained && classed && group.containsKey(Part.VALIDATION);
    }
    if (trained || (train.isEmpty() && classed)) {
      return true;
    }
    List<Path> all = new ArrayList<>(train);
    all.addAll(measured);
    if (all.size() == 1) {
      return false;
    }
    throw Failure.badInput(
        "[%s] %s hold images but no class folders, so nothing says which class an image is of; put"
            + " them into a folder a class, as in %s/cat, or name them in a list (CSV) with path"
            + " and label",
        root, names(all), name(all.get(0)));
  }

  /**
   * Folders beside {@code train} and {@code test} may be anything, but not what could be classes of
   * the same kind. Nobody calls two classes {@code train} and {@code val}.
   */
  private static void requireNoClassesBeside(Path root, Path train, List<Path> others) {
    List<Path> alike = others.stream().filter(other -> shareClasses(train, other)).toList();
    if (!alike.isEmpty()) {
      throw Failure.badInput(
          "[%s] %s could be a part or a class, as %s beside it with the same folders inside; name"
              + " the parts with --data %s and --val, or give a list (CSV)",
          root, name(train), names(alike), train);
    }
  }

  private static FolderLayout layout(Path root, Map<Part, List<Path>> group, List<Path> others) {
    Map<Part, Path> parts = new EnumMap<>(Part.class);
    List<Path> leftAlone = new ArrayList<>(others);
    group.forEach(
        (part, paths) -> {
          Path best = best(part, paths);
          parts.put(part, best);
          paths.stream().filter(path -> !path.equals(best)).forEach(leftAlone::add);
        });
    return new FolderLayout(root, parts, leftAlone);
  }

  /** Of {@code val} and {@code valid} the more usual one, in lower case rather than not. */
  private static Path best(Part part, List<Path> paths) {
    List<String> names = part.names();
    return paths.stream()
        .min(
            Comparator.<Path>comparingInt(
                    path -> {
                      int exact = names.indexOf(name(path));
                      return exact >= 0 ? exact : names.size();
                    })
                .thenComparing(FolderLayout::name, ImageFolder.BYTE_ORDER))
        .orElseThrow();
  }

  private static List<Path> measured(Map<Part, List<Path>> group) {
    List<Path> measured = new ArrayList<>(group.getOrDefault(Part.VALIDATION, List.of()));
    measured.addAll(group.getOrDefault(Part.TEST, List.of()));
    return measured;
  }

  private static boolean shareClasses(Path one, Path other) {
    List<String> classes = classNames(one);
    return LabelNames.indices(classNames(other), classes).stream().anyMatch(index -> index >= 0);
  }

  private static List<String> classNames(Path part) {
    return full(classFolders(part, List.of())).stream().map(FolderLayout::name).toList();
  }

  private static List<Path> full(Path folder) {
    return FolderCensus.of(folder).full();
  }

  static String names(List<Path> paths) {
    return paths.stream().map(FolderLayout::name).collect(Collectors.joining(" and "));
  }

  private static String name(Path path) {
    return String.valueOf(path.getFileName());
  }
}
