package dev.lapidary.trainer.data;

import dev.lapidary.models.failure.Failure;
import dev.lapidary.models.image.ImageFolder;
import dev.lapidary.models.image.ImageLimits;
import java.nio.file.Path;

/** A folder with one sub-folder a class, in torchvision's order. */
final class FolderFormat {
  private FolderFormat() {}

  static Dataset read(Path root, ImageLimits limits) {
    ImageFolder folder = ImageFolder.read(root);
    if (folder.classes().size() < 2) {
      throw Failure.badInput(
          "[%s] expected at least two class folders but found one, %s",
          root, folder.classes().get(0));
    }
    return new Dataset(
        folder.classes(),
        folder.images().stream().map(i -> new Sample(i.path(), i.label())).toList(),
        new FilePictures(root, limits));
  }
}
