package dev.lapidary.trainer.data;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.manifest.ImageList;
import dev.lapidary.core.manifest.Part;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A list of images: {@link ImageList}, with its parts (train, val, test; anything else is left
 * out), groups and, where images are learned from, weights.
 */
final class ManifestFormat {
  private ManifestFormat() {}

  static Dataset dataset(Path file, ImageList list, Reading reading) {
    List<Sample> samples = new ArrayList<>();
    for (ImageList.Image image : list.images()) {
      Part part = Part.of(image.split());
      boolean learned = reading.weighs() && (part == Part.ANY || part == Part.TRAIN);
      String group = image.group().isEmpty() ? image.path() : image.group();
      double weight = learned ? weight(file, samples.size() + 1, image) : 1;
      samples.add(new Sample(image.path(), image.labels(), group, part, weight, false));
    }
    return new Dataset(
        list.multiLabel() ? Task.MULTI_LABEL : Task.SINGLE_LABEL,
        list.labels(),
        samples,
        new FilePictures(list.folder(), reading.limits()));
  }

  private static double weight(Path file, int number, ImageList.Image image) {
    if (image.weight().isEmpty()) {
      return 1;
    }
    String text = image.weight().get();
    double weight = number(text);
    if (!(weight > 0) || Double.isInfinite(weight)) {
      throw Failure.badInput(
          "[%s] image %d (%s): expected a weight above 0 but found %s; write 1 for an image that"
              + " counts once, leave out images that are not to count, or rename the column if it"
              + " says something else",
          file, number, image.path(), text.isEmpty() ? "nothing" : text);
    }
    return weight;
  }

  private static double number(String text) {
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException e) {
      return Double.NaN;
    }
  }
}
