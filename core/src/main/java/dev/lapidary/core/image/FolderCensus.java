package dev.lapidary.core.image;

import dev.lapidary.core.failure.Failure;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * What lies in a folder, as far as its layout is told by it; what systems leave behind does not.
 *
 * @param images whether images lie in it, not only in its sub-folders
 * @param folders its sub-folders by their names' bytes
 * @param full those that hold an image, at any depth
 */
public record FolderCensus(boolean images, List<Path> folders, List<Path> full) {
  private static final int DEEPEST = 32;

  public FolderCensus {
    folders = List.copyOf(folders);
    full = List.copyOf(full);
  }

  /** Empty of what is no folder. */
  public static FolderCensus of(Path folder) {
    List<Path> folders = new ArrayList<>();
    boolean images = list(folder, folders);
    folders.sort(Comparator.comparing(f -> f.getFileName().toString(), ImageFiles.BYTE_ORDER));
    return new FolderCensus(
        images, folders, folders.stream().filter(f -> holdsImages(f, DEEPEST)).toList());
  }

  /** Whether an image lies in it; its folders are added to the list. */
  private static boolean list(Path folder, List<Path> folders) {
    if (!Files.isDirectory(folder)) {
      return false;
    }
    boolean images = false;
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
      for (Path entry : entries) {
        if (ImageFiles.isOfSystem(entry)) {
          continue;
        }
        if (Files.isDirectory(entry)) {
          folders.add(entry);
        } else {
          images = images || FileKind.orUnreadable(entry).image();
        }
      }
    } catch (IOException e) {
      throw Failure.failed("[%s] the folder cannot be listed: %s", folder, Failure.reason(e));
    }
    return images;
  }

  /** To a depth that a link in a circle reaches soon. */
  private static boolean holdsImages(Path folder, int depth) {
    List<Path> folders = new ArrayList<>();
    return list(folder, folders)
        || (depth > 0 && folders.stream().anyMatch(f -> holdsImages(f, depth - 1)));
  }
}
