package dev.lapidary.core.image;

import dev.lapidary.core.failure.Failure;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.FileVisitor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;

/**
 * What lies in a folder, as far as its layout is told by it; what systems leave behind does not.
 *
 * @param images whether images lie in it, not only in its sub-folders
 * @param folders its sub-folders by their names' bytes
 * @param full those that hold an image, at any depth
 */
public record FolderCensus(boolean images, List<Path> folders, List<Path> full) {
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
        images, folders, folders.stream().filter(FolderCensus::holdsImages).toList());
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

  /** Looks no further than at the first image; who lists a folder says what cannot be read. */
  private static boolean holdsImages(Path folder) {
    boolean[] found = new boolean[1];
    FileVisitor<Path> visitor =
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path entered, BasicFileAttributes attributes) {
            boolean skipped = !entered.equals(folder) && ImageFiles.isOfSystem(entered);
            return skipped ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            found[0] = !ImageFiles.isOfSystem(file) && FileKind.orUnreadable(file).image();
            return found[0] ? FileVisitResult.TERMINATE : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException error) {
            return FileVisitResult.CONTINUE;
          }
        };
    try {
      Files.walkFileTree(
          folder, EnumSet.of(FileVisitOption.FOLLOW_LINKS), Integer.MAX_VALUE, visitor);
    } catch (IOException e) {
      throw Failure.failed("[%s] the folder cannot be listed: %s", folder, Failure.reason(e));
    }
    return found[0];
  }
}
