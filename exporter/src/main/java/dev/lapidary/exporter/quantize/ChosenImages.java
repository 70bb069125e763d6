package dev.lapidary.exporter.quantize;

import java.nio.file.Path;
import java.util.List;

/**
 * The images that a quantization works with, each known to be readable.
 *
 * @param calibration to measure ranges on
 * @param guard to hold the result to, none of them among the others; none for methods without a
 *     guard
 * @param labels of the guard's images; empty if they are not known
 */
public record ChosenImages(Selection calibration, Selection guard, List<List<Integer>> labels) {
  /**
   * Images of one folder, in the order that their contents give.
   *
   * @param paths relative to the root
   */
  public record Selection(Path root, List<String> paths) {
    public Selection {
      paths = List.copyOf(paths);
    }
  }

  public ChosenImages {
    labels = List.copyOf(labels);
  }
}
