package dev.lapidary.exporter.quantize;

import dev.lapidary.core.card.ModelCard.Fallback;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What TensorRT's explicit quantization asks for (its documentation, "Q/DQ layer-placement
 * recommendations"): the inputs of all convolutions and matrix products are quantized and their
 * outputs are not; of the two inputs of an addition behind a convolution the other one is, so that
 * the addition becomes the convolution's; zero points are 0 everywhere, weights have a scale an
 * output channel, activations one, and biases stay float. Nothing is said about what TensorRT fuses
 * then: it is not run here.
 */
record TensorRtForm(OnnxGraph graph, Set<String> keptFloat) implements Int8Form {
  @Override
  public List<OnnxNode> layers() {
    FixedValues fixed = FixedValues.of(graph);
    return graph.nodes().stream()
        .filter(node -> !keptFloat.contains(node.name()) && !fixed.isFixed(node))
        .filter(this::multiplies)
        .toList();
  }

  /** Whether it multiplies by a constant as TensorRT's convolutions and matrix products do. */
  private boolean multiplies(OnnxNode node) {
    Optional<Tensor> weight = graph.initializer(node.input(1));
    boolean bias = !node.hasInput(2) || graph.initializer(node.input(2)).isPresent();
    if (!bias || weight.filter(w -> w.dtype() == DType.FLOAT32).isEmpty()) {
      return false;
    }
    return switch (node.op()) {
      case "Conv" -> true;
      case "MatMul" -> weight.get().rank() == 2;
      default -> node.isPlainGemm();
    };
  }

  @Override
  public Set<String> values() {
    Set<String> read = new HashSet<>();
    layers().forEach(layer -> read.add(layer.input(0)));
    Set<String> convolved = convolved(graph, layers());
    for (OnnxNode node : graph.nodes()) {
      besideConvolution(graph, node, convolved).ifPresent(read::add);
    }
    Set<String> values = graph.values();
    values.retainAll(read);
    return values;
  }

  /** What convolutions on integers give to one reader alone. */
  static Set<String> convolved(OnnxGraph graph, List<OnnxNode> layers) {
    return layers.stream()
        .filter(layer -> layer.is("Conv"))
        .map(OnnxNode::output)
        .filter(value -> graph.soleConsumer(value).isPresent())
        .collect(Collectors.toSet());
  }

  /**
   * Of an addition what a convolution's output is added to; of two convolutions' the second, as the
   * shortcut's is in networks that say {@code out += shortcut}.
   */
  static Optional<String> besideConvolution(OnnxGraph graph, OnnxNode node, Set<String> convolved) {
    if (!node.is("Add") || node.inputs().stream().anyMatch(i -> graph.initializer(i).isPresent())) {
      return Optional.empty();
    }
    if (convolved.contains(node.input(0))) {
      return Optional.of(node.input(1));
    }
    return convolved.contains(node.input(1)) ? Optional.of(node.input(0)) : Optional.empty();
  }

  @Override
  public Map<String, QuantParams> params(Map<String, Range> ranges) {
    Map<String, QuantParams> params = new LinkedHashMap<>();
    for (String value : values()) {
      Range range = Objects.requireNonNull(ranges.get(value), () -> value + " was not observed");
      params.put(value, QuantParams.of(range, QuantType.S8_SYMMETRIC));
    }
    return params;
  }

  @Override
  public OnnxGraph write(
      Map<String, QuantParams> params, Map<String, float[]> biases, WeightRounding rounding) {
    QdqNodes qdq = new QdqNodes(graph.frame());
    return new TensorRtQdq(graph, layers(), params, biases, rounding, qdq).write();
  }

  @Override
  public Map<String, Fallback> floats(OnnxGraph written) {
    Map<String, Fallback> floats = new LinkedHashMap<>();
    Set<String> layers = new HashSet<>(keptFloat);
    layers().forEach(layer -> layers.add(layer.name()));
    FixedValues fixed = FixedValues.of(graph);
    for (OnnxNode node : graph.nodes()) {
      if (node.is("Conv", "ConvTranspose", "Gemm", "MatMul")
          && !layers.contains(node.name())
          && !fixed.isFixed(node)) {
        String reason =
            "no convolution or matrix product by a constant that is written with integers for"
                + " TensorRT";
        floats.put(node.name(), new Fallback(node.op(), reason));
      }
    }
    return floats;
  }

  /** They become the layers' own. */
  @Override
  public Map<String, Integer> conversions() {
    return Map.of();
  }

  /** Not asked: another runtime is to run it. */
  @Override
  public List<String> rounded(OnnxGraph written) {
    return List.of();
  }
}
