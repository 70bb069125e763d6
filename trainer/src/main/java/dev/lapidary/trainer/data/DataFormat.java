package dev.lapidary.trainer.data;

import dev.lapidary.core.manifest.ImageList;
import dev.lapidary.core.manifest.LabelledFolder;
import dev.lapidary.core.manifest.Part;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** How labelled images lie on disk. */
public enum DataFormat {
  /** Told by what lies there. */
  AUTO,
  /** A folder with one sub-folder a class, or with parts of that kind: {@link LabelledFolder}. */
  FOLDER,
  /** A list with a header: path, label or labels, and maybe split and group. */
  CSV,
  /** The same, a JSON object a line. */
  JSONL,
  /** The MNIST family's files, or a folder with them. */
  IDX;

  /** Lists the images; none is decoded. */
  public Dataset read(Path path, Reading reading) {
    return switch (this) {
      case AUTO -> of(path).read(path, reading);
      case FOLDER ->
          folder(LabelledFolder.read(path, reading.known(), reading.onBadImage()), reading);
      case CSV -> ManifestFormat.dataset(path, ImageList.readCsv(path), reading);
      case JSONL -> ManifestFormat.dataset(path, ImageList.readJsonl(path), reading);
      case IDX -> IdxFormat.read(path);
    };
  }

  /**
   * The images to test on: where the data have a part for that (t10k of IDX files, {@code split}
   * test of a list, a folder {@code test}) that part, else all of them.
   */
  public Dataset readTest(Path path, Reading reading) {
    if ((this == AUTO ? of(path) : this) == FOLDER) {
      return folder(LabelledFolder.readTest(path, reading.known(), reading.onBadImage()), reading);
    }
    Optional<Path> t10k =
        Files.isDirectory(path) ? IdxFormat.images(path, "t10k") : Optional.empty();
    Dataset all = read(t10k.orElse(path), reading);
    Dataset marked = all.filter(sample -> sample.part() == Part.TEST);
    return marked.size() > 0 ? marked : all;
  }

  private static Dataset folder(LabelledFolder folder, Reading reading) {
    folder.notes().forEach(reading.notes());
    List<Sample> samples =
        folder.images().stream()
            .map(i -> new Sample(i.path(), List.of(i.label()), i.path(), i.part()))
            .toList();
    FilePictures pictures = new FilePictures(folder.root(), reading.limits());
    return new Dataset(folder.classes(), samples, pictures);
  }

  private static DataFormat of(Path path) {
    if (Files.isDirectory(path)) {
      return IdxFormat.images(path, "train").isPresent() ? IDX : FOLDER;
    }
    if (ImageList.isList(path)) {
      return ImageList.isJsonl(path) ? JSONL : CSV;
    }
    return IdxFormat.isImages(path) ? IDX : FOLDER;
  }
}
