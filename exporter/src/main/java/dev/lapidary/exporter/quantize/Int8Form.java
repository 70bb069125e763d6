package dev.lapidary.exporter.quantize;

import dev.lapidary.core.card.ModelCard.Fallback;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What a graph looks like with integers, for a {@link Target}. */
interface Int8Form {
  /**
   * @param keptFloat names of nodes that must stay float
   */
  static Int8Form of(Target target, OnnxGraph graph, Set<String> keptFloat) {
    return target == Target.TENSORRT
        ? new TensorRtForm(graph, keptFloat)
        : new RuntimeForm(graph, Int8Plan.of(graph, keptFloat));
  }

  /** Layers that compute on integers, which a guard may turn back to floats. */
  List<OnnxNode> layers();

  /** Values that exist as integers, in the graph's order. */
  Set<String> values();

  /** The scale and zero point of each of them. */
  Map<String, QuantParams> params(Map<String, Range> ranges);

  /**
   * @param biases that replace a layer's own, by the node's name
   */
  OnnxGraph write(
      Map<String, QuantParams> params, Map<String, float[]> biases, WeightRounding rounding);

  /**
   * What computes on floats without having been asked to, by the nodes' names.
   *
   * @param written what {@link #write} gave
   */
  Map<String, Fallback> floats(OnnxGraph written);

  /** How often each value is converted between floats and integers; what is left out is not. */
  Map<String, Integer> conversions();

  /** Layers on floats whose weights the runtime rounds all the same. */
  List<String> rounded(OnnxGraph written);
}
