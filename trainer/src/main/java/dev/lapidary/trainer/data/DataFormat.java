package dev.lapidary.trainer.data;

import dev.lapidary.models.image.ImageLimits;
import java.nio.file.Files;
import java.nio.file.Path;

/** How labelled images lie on disk. */
public enum DataFormat {
  /** Told by what lies there. */
  AUTO,
  /** A folder with one sub-folder a class. */
  FOLDER,
  /** The MNIST family's files, or a folder with them. */
  IDX;

  /** Lists the images; none is decoded. */
  public Dataset read(Path path, ImageLimits limits) {
    return switch (this) {
      case AUTO -> of(path).read(path, limits);
      case FOLDER -> FolderFormat.read(path, limits);
      case IDX -> IdxFormat.read(path);
    };
  }

  private static DataFormat of(Path path) {
    boolean idx =
        Files.isDirectory(path)
            ? IdxFormat.images(path, "train").isPresent()
            : IdxFormat.isImages(path);
    return idx ? IDX : FOLDER;
  }
}
