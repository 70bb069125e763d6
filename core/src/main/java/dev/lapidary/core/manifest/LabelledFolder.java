package dev.lapidary.core.manifest;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.FolderCensus;
import dev.lapidary.core.image.ImageFolder;
import dev.lapidary.core.image.OnBadImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Labelled images of a folder with one sub-folder a class, or with parts such as {@code train} and
 * {@code val} of that kind, in the layouts of torchvision, Keras, fastai and Ultralytics.
 *
 * @param root that the paths begin at: the folder with the classes or parts in it
 * @param classes sorted by their names' bytes; those of training where it is among the parts
 * @param notes what was left alone and passed over, in lines for the user
 */
public record LabelledFolder(
    Path root, List<String> classes, List<Image> images, List<String> notes) {

  /**
   * @param path relative to the root, with {@code /}
   * @param label index into the classes
   */
  public record Image(String path, int label, Part part) {}

  public LabelledFolder {
    classes = List.copyOf(classes);
    images = List.copyOf(images);
    notes = List.copyOf(notes);
  }

  /**
   * What there is to train and to validate on; a part for tests is left alone.
   *
   * @param known classes of a model or of training, if any: a folder of such a name is a class
   * @throws Failure (exit 2) if no images are there, or their classes do not fit together
   */
  public static LabelledFolder read(Path root, List<String> known, OnBadImage rule) {
    FolderLayout layout = FolderLayout.of(root, known);
    return layout.parts().isEmpty()
        ? classes(root, layout, rule)
        : parts(root, layout, EnumSet.of(Part.TRAIN, Part.VALIDATION), known, rule);
  }

  /** The part for tests; where there is none, all images. */
  public static LabelledFolder readTest(Path root, List<String> known, OnBadImage rule) {
    FolderLayout layout = FolderLayout.of(root, known);
    if (layout.parts().isEmpty()) {
      LabelledFolder all = classes(root, layout, rule);
      List<Image> test = all.images.stream().filter(image -> image.part() == Part.TEST).toList();
      return test.isEmpty() ? all : new LabelledFolder(all.root, all.classes, test, all.notes);
    }
    Set<Part> wanted =
        layout.parts().containsKey(Part.TEST)
            ? EnumSet.of(Part.TEST)
            : EnumSet.of(Part.TRAIN, Part.VALIDATION);
    LabelledFolder measured = parts(root, layout, wanted, known, rule);
    List<String> notes = new ArrayList<>(measured.notes);
    if (layout.parts().containsKey(Part.TRAIN) && wanted.contains(Part.TRAIN)) {
      notes.add(
          "[%s] has no part for tests: all images are measured, those to train on too"
              .formatted(layout.base()));
    }
    return new LabelledFolder(measured.root, measured.classes, measured.images, notes);
  }

  private static LabelledFolder classes(Path root, FolderLayout layout, OnBadImage rule) {
    ImageFolder folder = ImageFolder.read(layout.base(), rule);
    List<String> notes = new ArrayList<>(where(root, layout));
    notes.addAll(folder.notes());
    boolean divided = classesAreDivided(folder);
    if (divided) {
      notes.add(
          "[%s] each class folder has the parts train, val or test in it: they are used as such"
              .formatted(layout.base()));
    }
    List<Image> images =
        folder.images().stream()
            .map(i -> new Image(i.path(), i.label(), divided ? partInside(i.path()) : Part.ANY))
            .toList();
    return new LabelledFolder(layout.base(), folder.classes(), images, notes);
  }

  /** {@code cat/train/1.jpg}, and nothing but parts in any class, among them one to train on. */
  private static boolean classesAreDivided(ImageFolder folder) {
    Set<Part> found = EnumSet.noneOf(Part.class);
    folder.images().forEach(image -> found.add(partInside(image.path())));
    return found.contains(Part.TRAIN) && found.size() > 1 && !found.contains(Part.NONE);
  }

  private static Part partInside(String path) {
    String[] names = path.split("/", 3);
    return names.length < 3 ? Part.NONE : Part.folder(names[1]).orElse(Part.NONE);
  }

  private static LabelledFolder parts(
      Path root, FolderLayout layout, Set<Part> wanted, List<String> known, OnBadImage rule) {
    List<String> notes = new ArrayList<>(where(root, layout));
    List<Image> images = new ArrayList<>();
    List<String> classes = new ArrayList<>();
    for (Map.Entry<Part, Path> part : layout.parts().entrySet()) { // training first
      if (!wanted.contains(part.getKey())) {
        notes.add(leftAlone(part.getKey(), part.getValue()));
        continue;
      }
      Path location =
          FolderLayout.classFolders(part.getValue(), classes.isEmpty() ? known : classes);
      ImageFolder folder = ImageFolder.read(location, rule);
      notes.addAll(folder.notes());
      if (classes.isEmpty()) {
        classes.addAll(folder.classes());
      }
      List<Integer> indices = fitting(location, folder.classes(), classes);
      String prefix = layout.base().relativize(location).toString().replace('\\', '/') + "/";
      for (ImageFolder.Image image : folder.images()) {
        images.add(new Image(prefix + image.path(), indices.get(image.label()), part.getKey()));
      }
    }
    if (images.isEmpty()) {
      throw Failure.badInput(
          "[%s] has %s but no folder train to learn from; expected train beside it with one"
              + " sub-folder a class",
          layout.base(), FolderLayout.names(List.copyOf(layout.parts().values())));
    }
    return new LabelledFolder(layout.base(), classes, images, notes);
  }

  private static String leftAlone(Part part, Path path) {
    if (part == Part.TEST && FolderCensus.of(path).full().isEmpty()) {
      return "[%s] left alone: its images are in no class folders".formatted(path);
    }
    return part == Part.TEST
        ? "[%s] is for tests and left alone; name it with --test, or alone, to use it"
            .formatted(path)
        : "[%s] left alone: only the part for tests is measured with".formatted(path);
  }

  private static List<String> where(Path root, FolderLayout layout) {
    List<String> lines = new ArrayList<>();
    if (!layout.base().equals(root)) {
      lines.add("[%s] read in %s".formatted(root, layout.base()));
    }
    layout
        .leftAlone()
        .forEach(path -> lines.add("[%s] left alone: neither a part nor a class".formatted(path)));
    return lines;
  }

  /** A class without an image of a part is no harm; one that only the part has is. */
  private static List<Integer> fitting(Path location, List<String> found, List<String> training) {
    List<Integer> indices = LabelNames.indices(found, training);
    if (indices.contains(-1)) {
      throw Failure.badInput("[%s] %s", location, LabelNames.unlike(found, training));
    }
    return indices;
  }
}
