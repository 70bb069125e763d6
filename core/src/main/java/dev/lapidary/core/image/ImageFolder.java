package dev.lapidary.core.image;

import dev.lapidary.core.failure.Failure;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A folder with one sub-folder a class, as torchvision's {@code ImageFolder} lists it: classes
 * sorted by their names' bytes, images as {@link ImageFiles} finds them.
 *
 * @param root as the user named it
 * @param classes the sub-folders' names; the position is the class index
 * @param images all of them, class by class
 * @param notes what was passed over, in lines for the user
 */
public record ImageFolder(Path root, List<String> classes, List<Image> images, List<String> notes) {
  /** By UTF-8 bytes, so that no locale changes a class's index. */
  public static final Comparator<String> BYTE_ORDER = ImageFiles.BYTE_ORDER;

  /**
   * @param path relative to the root, with {@code /} on every system
   * @param label index into the classes
   */
  public record Image(String path, int label) {}

  public ImageFolder {
    classes = List.copyOf(classes);
    images = List.copyOf(images);
    notes = List.copyOf(notes);
  }

  /**
   * Lists the folder; decodes no image.
   *
   * @param rule whether a class folder without images is left out
   * @throws Failure (exit 2) if it is missing, has no class, or has a class without images
   */
  public static ImageFolder read(Path root, OnBadImage rule) {
    PassedOver passedOver = new PassedOver();
    List<String> classes = new ArrayList<>();
    List<Image> images = new ArrayList<>();
    List<String> notes = new ArrayList<>();
    for (String name : classFolders(root, passedOver)) {
      Path folder = root.resolve(name);
      PassedOver inside = new PassedOver();
      List<String> paths = ImageFiles.below(root, folder, inside);
      if (paths.isEmpty()) {
        notes.add(empty(folder, inside, rule));
        continue;
      }
      passedOver.addAll(inside);
      for (String path : paths) {
        images.add(new Image(path, classes.size()));
      }
      classes.add(name);
    }
    if (classes.isEmpty()) {
      throw Failure.badInput("[%s] none of its class folders has an image; add some", root);
    }
    notes.addAll(passedOver.lines(root));
    return new ImageFolder(root, classes, images, notes);
  }

  private static String empty(Path folder, PassedOver inside, OnBadImage rule) {
    String only = inside.isEmpty() ? "" : ", only " + inside.text();
    if (rule == OnBadImage.SKIP) {
      return "[%s] left out: the class folder has no images%s".formatted(folder, only);
    }
    throw Failure.badInput(
        "[%s] the class folder has no images%s; add some, remove the folder, or add --on-bad-image"
            + " skip",
        folder, only);
  }

  private static List<String> classFolders(Path root, PassedOver passedOver) {
    requireFolder(root);
    List<String> classes = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(root)) {
      for (Path entry : entries) {
        if (Files.isDirectory(entry) && !ImageFiles.isOfSystem(entry)) {
          classes.add(entry.getFileName().toString());
        } else {
          passOver(entry, passedOver);
        }
      }
    } catch (IOException e) {
      throw Failure.failed("[%s] the folder cannot be listed: %s", root, Failure.reason(e));
    }
    if (classes.isEmpty()) {
      throw Failure.badInput(
          "[%s] expected one sub-folder a class with images in it but found no sub-folder%s",
          root, passedOver.isEmpty() ? "" : ", only " + passedOver.text());
    }
    classes.sort(BYTE_ORDER);
    requireDistinct(root, classes);
    return classes;
  }

  private static void passOver(Path entry, PassedOver passedOver) throws IOException {
    String name = entry.getFileName().toString();
    if (ImageFiles.isOfSystem(entry)) {
      boolean folder = Files.isDirectory(entry);
      passedOver.add(folder ? PassedOver.SYSTEM_FOLDER : PassedOver.SYSTEM_FILE, name);
    } else if (Files.isRegularFile(entry)) {
      FileKind kind = FileKind.orUnreadable(entry);
      passedOver.add(kind.image() ? PassedOver.UNCLASSED : kind.name(), name);
    } else {
      boolean link = Files.exists(entry, LinkOption.NOFOLLOW_LINKS) && !Files.exists(entry);
      passedOver.add(link ? PassedOver.DANGLING : "no file", name);
    }
  }

  /** Two names that look the same are one class to whoever made them, and two to a file system. */
  private static void requireDistinct(Path root, List<String> classes) {
    Map<String, String> seen = new HashMap<>();
    for (String name : classes) {
      String other = seen.put(Normalizer.normalize(name, Normalizer.Form.NFC), name);
      if (other != null) {
        throw Failure.badInput(
            "[%s] two class folders have the same name, %s, in two forms of Unicode (NFC, NFD);"
                + " put their images into one",
            root, name);
      }
    }
  }

  private static void requireFolder(Path root) {
    if (!Files.exists(root)) {
      throw Failure.badInput(
          "[%s] the folder does not exist; expected one sub-folder a class with images in it",
          root);
    }
    if (!Files.isDirectory(root)) {
      throw Failure.badInput(
          "[%s] expected a folder with one sub-folder a class but found a file", root);
    }
  }
}
