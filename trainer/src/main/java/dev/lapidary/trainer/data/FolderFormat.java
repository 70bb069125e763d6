package dev.lapidary.trainer.data;

import dev.lapidary.core.manifest.LabelledFolder;
import java.nio.file.Path;
import java.util.List;

/** A folder with one sub-folder a class, or with parts of that kind: {@link LabelledFolder}. */
final class FolderFormat {
  private FolderFormat() {}

  static Dataset read(Path root, Reading reading) {
    return dataset(LabelledFolder.read(root, reading.known(), reading.onBadImage()), reading);
  }

  static Dataset readTest(Path root, Reading reading) {
    return dataset(LabelledFolder.readTest(root, reading.known(), reading.onBadImage()), reading);
  }

  private static Dataset dataset(LabelledFolder folder, Reading reading) {
    folder.notes().forEach(reading.notes());
    return new Dataset(
        folder.classes(),
        folder.images().stream().map(FolderFormat::sample).toList(),
        new FilePictures(folder.root(), reading.limits()));
  }

  private static Sample sample(LabelledFolder.Image image) {
    return new Sample(image.path(), List.of(image.label()), image.path(), image.part());
  }
}
