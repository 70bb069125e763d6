package dev.lapidary.trainer.data;

import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.core.manifest.ImageList;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/** How labelled images lie on disk. */
public enum DataFormat {
  /** Told by what lies there. */
  AUTO,
  /** A folder with one sub-folder a class. */
  FOLDER,
  /** A list with a header: path, label or labels, and maybe split and group. */
  CSV,
  /** The same, a JSON object a line. */
  JSONL,
  /** The MNIST family's files, or a folder with them. */
  IDX;

  /** Lists the images; none is decoded. */
  public Dataset read(Path path, ImageLimits limits) {
    return switch (this) {
      case AUTO -> of(path).read(path, limits);
      case FOLDER -> FolderFormat.read(path, limits);
      case CSV -> ManifestFormat.dataset(ImageList.readCsv(path), limits);
      case JSONL -> ManifestFormat.dataset(ImageList.readJsonl(path), limits);
      case IDX -> IdxFormat.read(path);
    };
  }

  /**
   * The images to test on: where the data have a part for that (t10k of IDX files, {@code split}
   * test of a list) that part, else all of them.
   */
  public Dataset readTest(Path path, ImageLimits limits) {
    Optional<Path> t10k =
        Files.isDirectory(path) && this != FOLDER
            ? IdxFormat.images(path, "t10k")
            : Optional.empty();
    Dataset all = read(t10k.orElse(path), limits);
    Dataset marked = all.filter(sample -> sample.part() == Sample.Part.TEST);
    return marked.size() > 0 ? marked : all;
  }

  private static DataFormat of(Path path) {
    if (Files.isDirectory(path)) {
      return IdxFormat.images(path, "train").isPresent() ? IDX : FOLDER;
    }
    String name = path.getFileName().toString().toLowerCase(Locale.ROOT);
    if (name.endsWith(".csv")) {
      return CSV;
    }
    if (name.endsWith(".jsonl")) {
      return JSONL;
    }
    return IdxFormat.isImages(path) ? IDX : FOLDER;
  }
}
