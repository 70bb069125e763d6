package dev.lapidary.exporter.quantize;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.image.ImageFile;
import dev.lapidary.core.image.ImageFiles;
import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.core.image.Preprocessing;
import dev.lapidary.core.image.Preprocessor;
import dev.lapidary.core.image.UndecodableImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Reads calibration images from a folder, as the model's own preprocessing wants them. */
public final class CalibrationImages {
  private CalibrationImages() {}

  /**
   * Decodes and preprocesses images of a folder: flat, or with a sub-folder a class. Of more than
   * {@code atMost}, each sub-folder gives about as many, spread evenly over its sorted names: the
   * choice depends on the names alone. One that cannot be read is passed over: whether that is
   * right has been asked before.
   *
   * @throws Failure (exit 2) if the folder is missing or no image in it can be decoded
   */
  public static CalibrationSet read(Path folder, int atMost, Preprocessing preprocessing) {
    Preprocessor preprocessor = Preprocessor.of(preprocessing);
    CalibrationSet set =
        new CalibrationSet(
            preprocessing.channels(), preprocessing.cropHeight(), preprocessing.cropWidth());
    try {
      float[] tensor = new float[set.imageLength()];
      for (String name : choose(ImageFiles.of(folder).paths(), atMost)) {
        try {
          preprocessor.apply(ImageFile.read(folder, name, ImageLimits.DEFAULT), tensor, 0);
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
