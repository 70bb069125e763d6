package dev.lapidary.exporter.quantize;

/**
 * What a quantized file is held to.
 *
 * @param maxDrop the greatest loss of accuracy, or of mAP, in [0, 1]
 * @param force whether a file that does not hold it is made all the same
 */
public record Limits(double maxDrop, boolean force) {
  /** Half a point, nothing forced. */
  public static final Limits DEFAULT = new Limits(0.005, false);
}
