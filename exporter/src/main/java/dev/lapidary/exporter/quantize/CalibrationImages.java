package dev.lapidary.exporter.quantize;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.ImageDecoder;
import dev.lapidary.core.image.ImageFolder;
import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.core.image.Preprocessor;
import dev.lapidary.core.image.UndecodableImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/** Reads calibration images from a folder, as the model's own preprocessing wants them. */
public final class CalibrationImages {
  private CalibrationImages() {}

  /**
   * Decodes and preprocesses images of a folder: flat, or with a sub-folder a class. Of more than
   * {@code atMost}, each sub-folder gives about as many, spread evenly over its sorted names: the
   * choice depends on the names alone.
   *
   * @param warnings gets a line for each image that is passed over because it cannot be decoded
   * @throws Failure (exit 2) if the folder is missing or no image in it can be decoded
   */
  public static CalibrationSet read(
      Path folder, int atMost, Preprocessing preprocessing, Consumer<String> warnings) {
    Preprocessor preprocessor = Preprocessor.of(preprocessing);
    CalibrationSet set =
        new CalibrationSet(
            preprocessing.channels(), preprocessing.cropHeight(), preprocessing.cropWidth());
    try {
      float[] tensor = new float[set.imageLength()];
      for (String name : choose(ImageFolder.flat(folder), atMost)) {
        try {
          byte[] file = ImageLimits.DEFAULT.read(folder.resolve(name));
          preprocessor.apply(ImageDecoder.decode(file, ImageLimits.DEFAULT), tensor, 0);
          set.add(tensor);
        } catch (UndecodableImage e) {
          warnings.accept("calibration image " + name + " is passed over: " + e.getMessage());
        }
      }
      if (set.count() == 0) {
        throw Failure.badInput(
            "[%s] calibration needs images, at least one that can be decoded, but found none",
            folder);
      }
      return set;
    } catch (IOException e) {
      set.close();
      throw Failure.failed("[%s] a calibration image cannot be read: %s", folder, e);
    } catch (RuntimeException e) {
      set.close();
      throw e;
    }
  }

  /** As many of each sub-folder in turn until there are enough, in the order of the given list. */
  static List<String> choose(List<String> sorted, int atMost) {
    if (sorted.size() <= atMost) {
      return sorted;
    }
    Map<String, List<String>> folders = new TreeMap<>();
    for (String path : sorted) {
      String parent = path.substring(0, Math.max(0, path.lastIndexOf('/')));
      folders.computeIfAbsent(parent, key -> new ArrayList<>()).add(path);
    }
    int[] shares = shares(folders.values().stream().mapToInt(List::size).toArray(), atMost);
    List<String> chosen = new ArrayList<>();
    int at = 0;
    for (List<String> files : folders.values()) {
      int share = shares[at++];
      for (int i = 0; i < share; i++) {
        chosen.add(files.get((int) ((long) i * files.size() / share)));
      }
    }
    return chosen;
  }

  private static int[] shares(int[] sizes, int total) {
    int[] shares = new int[sizes.length];
    int left = total;
    while (left > 0) {
      for (int i = 0; i < sizes.length && left > 0; i++) {
        if (shares[i] < sizes[i]) {
          shares[i]++;
          left--;
        }
      }
    }
    return shares;
  }
}
