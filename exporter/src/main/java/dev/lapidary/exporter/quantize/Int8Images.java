package dev.lapidary.exporter.quantize;

import java.util.List;

/**
 * The images that int8 is made and judged by; no image is in both sets.
 *
 * @param calibration ranges are measured on them, and layers ranked
 * @param guard what comes out is held to them
 * @param labels of the guard's images, by their place; empty if they are not known
 */
public record Int8Images(
    CalibrationSet calibration, CalibrationSet guard, List<List<Integer>> labels)
    implements AutoCloseable {
  public Int8Images {
    labels = List.copyOf(labels);
    if (!labels.isEmpty() && labels.size() != guard.count()) {
      throw new IllegalArgumentException(labels.size() + " labels of " + guard.count());
    }
  }

  @Override
  public void close() {
    try (calibration) {
      guard.close();
    }
  }
}
