package dev.lapidary.exporter.quantize;

/**
 * What a quantized file is held to.
 *
 * @param maxDrop the greatest loss of accuracy, or of mAP, in [0, 1]
 * @param force whether a file that does not hold it is made all the same
 * @param target where it is to run
 * @param costs tells what is fast there, of what holds it
 */
public record Limits(double maxDrop, boolean force, Target target, CostTable costs) {
  /** On a CPU, by the table that comes with the exporter. */
  public Limits(double maxDrop, boolean force) {
    this(maxDrop, force, Target.CPU);
  }

  /** By the target's table that comes with the exporter. */
  public Limits(double maxDrop, boolean force, Target target) {
    this(maxDrop, force, target, CostTable.shipped(target));
  }

  /** Half a point, nothing forced. */
  public static final Limits DEFAULT = new Limits(0.005, false);
}
