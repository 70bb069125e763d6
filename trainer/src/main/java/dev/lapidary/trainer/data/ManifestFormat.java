package dev.lapidary.trainer.data;

import dev.lapidary.core.manifest.ImageList;
import dev.lapidary.core.manifest.Part;

/**
 * A list of images: {@link ImageList}, with its parts (train, val, test; anything else is left out)
 * and groups.
 */
final class ManifestFormat {
  private ManifestFormat() {}

  static Dataset dataset(ImageList list, Reading reading) {
    return new Dataset(
        list.multiLabel() ? Task.MULTI_LABEL : Task.SINGLE_LABEL,
        list.labels(),
        list.images().stream().map(ManifestFormat::sample).toList(),
        new FilePictures(list.folder(), reading.limits()));
  }

  private static Sample sample(ImageList.Image image) {
    return new Sample(
        image.path(),
        image.labels(),
        image.group().isEmpty() ? image.path() : image.group(),
        Part.of(image.split()));
  }
}
