package dev.lapidary.exporter.cli;

import dev.lapidary.core.image.BadImage;
import dev.lapidary.core.image.ImageFile;
import dev.lapidary.core.image.ImageFiles;
import dev.lapidary.core.image.ImageLimits;
import dev.lapidary.core.image.UndecodableImage;
import dev.lapidary.exporter.quantize.QuantizeOptions;
import dev.lapidary.exporter.verify.GoldenImages;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/** The folder of {@code --calibration} where nothing is quantized: golden images come from it. */
final class CalibrationFolder {
  private CalibrationFolder() {}

  /**
   * Reads each image that the golden check will use, before the work begins that one of them would
   * end.
   *
   * @param log gets lines about what is left out and passed over
   * @throws dev.lapidary.core.failure.Failure (exit 2) naming the bad ones, unless they are to be
   *     left out
   */
  static void requireReadable(QuantizeOptions options, Consumer<String> log) {
    options.calibration().ifPresent(folder -> requireReadable(folder, options, log));
  }

  private static void requireReadable(Path folder, QuantizeOptions options, Consumer<String> log) {
    ImageFiles files = ImageFiles.of(folder);
    files.passedOver().lines(folder).forEach(log);
    Set<String> used = Set.copyOf(GoldenImages.candidates(files.paths()));
    List<BadImage> bad = new ArrayList<>();
    for (String path : files.paths()) {
      if (used.contains(path)) {
        try {
          ImageFile.read(folder, path, ImageLimits.DEFAULT);
        } catch (UndecodableImage e) {
          bad.add(BadImage.of(path, e));
        }
      }
    }
    BadImage.judge(folder, bad, options.onBadImage()).forEach(log);
  }
}
