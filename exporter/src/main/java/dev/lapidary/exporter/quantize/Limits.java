package dev.lapidary.exporter.quantize;

/**
 * What a quantized file is held to.
 *
 * @param maxDrop the greatest loss of accuracy, or of mAP, in [0, 1]
 * @param force whether a file that does not hold it is made all the same
 * @param costs tells what is fast, of what holds it
 */
public record Limits(double maxDrop, boolean force, CostTable costs) {
  /** By the table that comes with the exporter. */
  public Limits(double maxDrop, boolean force) {
    this(maxDrop, force, CostTable.shipped());
  }

  /** Half a point, nothing forced. */
  public static final Limits DEFAULT = new Limits(0.005, false);
}
