package dev.lapidary.exporter.quantize;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.ImageFile;
import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.core.image.Preprocessor;
import dev.lapidary.core.image.UndecodableImage;
import java.nio.file.Path;
import java.util.List;

/** Reads calibration images from a folder, as the model's own preprocessing wants them. */
public final class CalibrationImages {
  private CalibrationImages() {}

  /**
   * Decodes and preprocesses some images of a folder, in the order given. One that cannot be read
   * is passed over: whether that is right has been asked before.
   *
   * @param paths relative to the folder
   * @throws Failure (exit 2) if no image can be decoded
   */
  public static CalibrationSet read(Path folder, List<String> paths, Preprocessing preprocessing) {
    Preprocessor preprocessor = Preprocessor.of(preprocessing);
    CalibrationSet set =
        new CalibrationSet(
            preprocessing.channels(), preprocessing.cropHeight(), preprocessing.cropWidth());
    try {
      float[] tensor = new float[set.imageLength()];
      for (String name : paths) {
        try {
          preprocessor.apply(
              ImageFile.read(folder, name, ImageLimits.DEFAULT, preprocessing.alpha()), tensor, 0);
        } catch (UndecodableImage e) {
          continue;
        }
        set.add(tensor);
      }
      if (set.count() == 0) {
        throw Failure.badInput(
            "[%s] calibration needs images, at least one that can be decoded, but found none",
            folder);
      }
      return set;
    } catch (RuntimeException e) {
      set.close();
      throw e;
    }
  }
}
