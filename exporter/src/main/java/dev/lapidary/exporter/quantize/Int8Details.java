package dev.lapidary.exporter.quantize;

import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a report shows of an int8 file beyond what was needed to make it.
 *
 * @param variants float32, fp16, int8 and, where it has something to do, int8-dynamic
 * @param layers those that could be integers, the worst first
 * @param curve as {@link Quantized#curve}, with more points: the worst layers back on floats
 * @param operators that ONNX Runtime really runs, by its optimized graph, and how often
 */
public record Int8Details(
    List<Variant> variants,
    List<LayerHarm> layers,
    List<CurvePoint> curve,
    SortedMap<String, Integer> operators) {
  public Int8Details {
    variants = List.copyOf(variants);
    layers = List.copyOf(layers);
    curve = List.copyOf(curve);
    operators = Collections.unmodifiableSortedMap(new TreeMap<>(operators));
  }
}
