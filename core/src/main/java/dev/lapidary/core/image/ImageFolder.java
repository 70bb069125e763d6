package dev.lapidary.core.image;

import dev.lapidary.core.failure.Failure;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A folder with one sub-folder a class, as torchvision's {@code ImageFolder} lists it: classes
 * sorted by their names' bytes, nested folders and links followed, files in order of their folder
 * and then of their name. Names that begin with a dot are left out.
 *
 * <p>A file counts if its name ends like an image's or its first bytes are an image's; so a picture
 * without a suffix is used, a broken one is not silently passed over, and a {@code notes.txt} is.
 *
 * @param root as the user named it
 * @param classes the sub-folders' names; the position is the class index
 * @param images all of them, class by class
 */
public record ImageFolder(Path root, List<String> classes, List<Image> images) {
  private static final Set<String> SUFFIXES =
      Set.of(
          "jpg", "jpeg", "jpe", "png", "bmp", "gif", "webp", "tif", "tiff", "ppm", "pgm", "jfif");

  /** By UTF-8 bytes, so that no locale changes a class's index. */
  public static final Comparator<String> BYTE_ORDER =
      (a, b) ->
          Arrays.compareUnsigned(
              a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));

  /**
   * @param path relative to the root, with {@code /} on every system
   * @param label index into the classes
   */
  public record Image(String path, int label) {}

  public ImageFolder {
    classes = List.copyOf(classes);
    images = List.copyOf(images);
  }

  /**
   * Lists the folder; reads no image.
   *
   * @throws Failure (exit 2) if it is missing, has no class, or has a class without images
   */
  public static ImageFolder read(Path root) {
    List<String> classes = classes(root);
    List<Image> images = new ArrayList<>();
    for (int label = 0; label < classes.size(); label++) {
      Path folder = root.resolve(classes.get(label));
      List<String> paths = images(root, folder);
      if (paths.isEmpty()) {
        throw Failure.badInput(
            "[%s] the class folder has no images; add some, or remove the folder", folder);
      }
      for (String path : paths) {
        images.add(new Image(path, label));
      }
    }
    return new ImageFolder(root, classes, images);
  }

  /** All images of a folder without regard to classes, in the same order, as relative paths. */
  public static List<String> flat(Path root) {
    requireFolder(root);
    return images(root, root);
  }

  private static List<String> classes(Path root) {
    requireFolder(root);
    List<String> classes = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(root)) {
      for (Path entry : entries) {
        if (isVisible(entry) && Files.isDirectory(entry)) {
          classes.add(entry.getFileName().toString());
        }
      }
    } catch (IOException e) {
      throw Failure.failed("[%s] the folder cannot be listed: %s", root, e);
    }
    if (classes.isEmpty()) {
      throw Failure.badInput(
          "[%s] expected one sub-folder a class with images in it but found no sub-folder", root);
    }
    classes.sort(BYTE_ORDER);
    return classes;
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

  private static List<String> images(Path root, Path folder) {
    try (Stream<Path> walk = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
      return walk.filter(Files::isRegularFile)
          .filter(file -> isVisibleBelow(folder, file))
          .filter(ImageFolder::looksLikeImage)
          .map(file -> root.relativize(file).toString().replace('\\', '/'))
          .sorted(Comparator.comparing(ImageFolder::parent, BYTE_ORDER).thenComparing(BYTE_ORDER))
          .toList();
    } catch (IOException | UncheckedIOException e) {
      throw Failure.failed("[%s] the folder cannot be listed: %s", folder, e);
    }
  }

  private static String parent(String path) {
    return path.substring(0, Math.max(path.lastIndexOf('/'), 0));
  }

  private static boolean isVisibleBelow(Path folder, Path file) {
    for (Path part : folder.relativize(file)) {
      if (!isVisible(part)) {
        return false;
      }
    }
    return true;
  }

  private static boolean isVisible(Path name) {
    return !name.getFileName().toString().startsWith(".");
  }

  private static boolean looksLikeImage(Path file) {
    String name = file.getFileName().toString();
    String suffix = name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    if (SUFFIXES.contains(suffix)) {
      return true;
    }
    try (InputStream in = Files.newInputStream(file)) {
      return ImageDecoder.isImage(in.readNBytes(ImageDecoder.MAGIC_BYTES));
    } catch (IOException e) {
      return false;
    }
  }
}
