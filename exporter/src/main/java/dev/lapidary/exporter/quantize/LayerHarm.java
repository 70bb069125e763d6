package dev.lapidary.exporter.quantize;

/**
 * What a layer does to the answers and to the time, for a report.
 *
 * @param name of its node
 * @param operator of it
 * @param harm the squared error of calibration images' logits, as a share of the logits, with this
 *     layer alone on integers
 * @param micros how much longer an image takes with this layer alone on floats, by the table of
 *     costs; negative where it is faster so
 * @param onIntegers whether the file has it on integers
 */
public record LayerHarm(
    String name, String operator, double harm, double micros, boolean onIntegers) {}
