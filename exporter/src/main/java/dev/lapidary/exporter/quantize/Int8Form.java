package dev.lapidary.exporter.quantize;

import dev.lapidary.core.card.ModelCard.Fallback;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What a graph with integers looks like for a {@link Target}. */
interface Int8Form {
  static Int8Form of(Target target) {
    return target == Target.TENSORRT ? new TensorRtForm() : new RuntimeForm();
  }

  /**
   * Layers that compute on integers, which a guard may turn back to floats.
   *
   * @param keptFloat names of nodes that must stay float
   */
  List<OnnxNode> layers(OnnxGraph graph, Set<String> keptFloat);

  /** Values that exist as integers, in the graph's order. */
  Set<String> values(OnnxGraph graph, Set<String> keptFloat);

  /** The scale and zero point of each of them. */
  Map<String, QuantParams> params(
      OnnxGraph graph, Set<String> keptFloat, Map<String, Range> ranges);

  /**
   * @param biases that replace a layer's own, by the node's name
   */
  OnnxGraph write(
      OnnxGraph graph,
      Set<String> keptFloat,
      Map<String, QuantParams> params,
      Map<String, float[]> biases,
      WeightRounding rounding);

  /**
   * What computes on floats without having been asked to, by the nodes' names.
   *
   * @param written with the same layers kept
   */
  Map<String, Fallback> floats(OnnxGraph graph, Set<String> keptFloat, OnnxGraph written);

  /** How often each value is converted between floats and integers; what is left out is not. */
  Map<String, Integer> conversions(OnnxGraph graph, Set<String> keptFloat);

  /** Layers on floats whose weights the runtime rounds all the same. */
  List<String> rounded(OnnxGraph written);
}
