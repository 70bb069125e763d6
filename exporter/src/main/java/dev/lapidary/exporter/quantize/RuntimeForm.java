package dev.lapidary.exporter.quantize;

import dev.lapidary.core.card.ModelCard.Fallback;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What ONNX Runtime fuses, on a CPU or in a browser. */
record RuntimeForm(OnnxGraph graph, Int8Plan plan) implements Int8Form {
  @Override
  public List<OnnxNode> layers() {
    return plan.layers();
  }

  @Override
  public Set<String> values() {
    return plan.quantizedValues();
  }

  @Override
  public Map<String, QuantParams> params(Map<String, Range> ranges) {
    return ChooseParams.of(graph, plan, ranges);
  }

  @Override
  public OnnxGraph write(
      Map<String, QuantParams> params, Map<String, float[]> biases, WeightRounding rounding) {
    return new InsertQdq(graph, plan, params, biases, rounding).write();
  }

  @Override
  public Map<String, Fallback> floats(OnnxGraph written) {
    Map<String, Fallback> floats = new LinkedHashMap<>();
    for (String name : FusionLint.of(written, plan.layers()).unfused()) {
      floats.put(name, new Fallback(name, "ONNX Runtime runs it on floats between integers"));
    }
    FloatLayers.of(graph, plan).forEach(floats::putIfAbsent);
    return floats;
  }

  /** To integers, and from them. */
  @Override
  public Map<String, Integer> conversions() {
    Map<String, Integer> conversions = new LinkedHashMap<>();
    for (String value : plan.quantizedValues()) {
      boolean toFloats =
          graph.consumers(value).stream().anyMatch(node -> !plan.roleOf(node).takesIntegers());
      conversions.put(value, toFloats || !plan.comesFromIntegers(value) ? 1 : 0);
    }
    return conversions;
  }

  @Override
  public List<String> rounded(OnnxGraph written) {
    return FusionLint.of(written, List.of()).rounded();
  }
}
