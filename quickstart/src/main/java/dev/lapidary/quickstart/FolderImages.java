package dev.lapidary.quickstart;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The images of a folder of class folders, in the order that all programs use: by path. */
record FolderImages(Path folder, List<LabelledImage> images) {
  record LabelledImage(String path, String label) {}

  static FolderImages of(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder, 2)) {
      List<LabelledImage> images =
          files
              .filter(Files::isRegularFile)
              .map(folder::relativize)
              .filter(path -> path.getNameCount() == 2)
              .map(path -> new LabelledImage(slashes(path), path.getName(0).toString()))
              .sorted((a, b) -> a.path().compareTo(b.path()))
              .toList();
      return new FolderImages(folder, images);
    }
  }

  private static String slashes(Path path) {
    return path.getName(0) + "/" + path.getName(1);
  }
}
