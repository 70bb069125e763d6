package dev.lapidary.exporter.quantize;

/**
 * What a quantized file is held to.
 *
 * @param maxDrop the greatest loss of accuracy, or of mAP, in [0, 1]
 * @param force whether a file that does not hold it is made all the same
 * @param target where it is to run
 * @param costs tells what is fast there, of what holds it
 */
public record Limits(double maxDrop, boolean force, Target target, CostTable costs) {}
