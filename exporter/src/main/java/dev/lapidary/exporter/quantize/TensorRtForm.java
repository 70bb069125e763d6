package dev.lapidary.exporter.quantize;

import dev.lapidary.core.card.ModelCard.Fallback;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What TensorRT's explicit quantization asks for (its documentation, "Q/DQ layer-placement
 * recommendations"): the inputs of all convolutions and matrix products are quantized and their
 * outputs are not; of the two inputs of an addition behind a convolution the other one is, so that
 * the addition becomes the convolution's; zero points are 0 everywhere, weights have a scale an
 * output channel, activations one, and biases stay float. Nothing is said about what TensorRT fuses
 * then: it is not run here.
 */
record TensorRtForm() implements Int8Form {
  @Override
  public List<OnnxNode> layers(OnnxGraph graph, Set<String> keptFloat) {
    FixedValues fixed = FixedValues.of(graph);
    return graph.nodes().stream()
        .filter(node -> !keptFloat.contains(node.name()) && !fixed.isFixed(node))
        .filter(node -> multiplies(graph, node))
        .toList();
  }

  /** Whether it multiplies by a constant as TensorRT's convolutions and matrix products do. */
  private static boolean multiplies(OnnxGraph graph, OnnxNode node) {
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
  public Set<String> values(OnnxGraph graph, Set<String> keptFloat) {
    Set<String> read = new LinkedHashSet<>();
    Set<String> convolved = new LinkedHashSet<>();
    for (OnnxNode layer : layers(graph, keptFloat)) {
      read.add(layer.input(0));
      if (layer.is("Conv") && graph.soleConsumer(layer.output()).isPresent()) {
        convolved.add(layer.output());
      }
    }
    for (OnnxNode node : graph.nodes()) {
      besideConvolution(graph, node, convolved).ifPresent(read::add);
    }
    Set<String> values = new LinkedHashSet<>();
    graph.inputs().stream().map(input -> input.name()).filter(read::contains).forEach(values::add);
    graph.nodes().stream()
        .flatMap(node -> node.outputs().stream())
        .filter(read::contains)
        .forEach(values::add);
    return values;
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
  public Map<String, QuantParams> params(
      OnnxGraph graph, Set<String> keptFloat, Map<String, Range> ranges) {
    Map<String, QuantParams> params = new LinkedHashMap<>();
    for (String value : values(graph, keptFloat)) {
      Range range = ranges.get(value);
      if (range == null) {
        throw new IllegalStateException(value + " was not observed");
      }
      params.put(value, QuantParams.of(range, QuantType.S8_SYMMETRIC));
    }
    return params;
  }

  @Override
  public OnnxGraph write(
      OnnxGraph graph,
      Set<String> keptFloat,
      Map<String, QuantParams> params,
      Map<String, float[]> biases,
      WeightRounding rounding) {
    return new TensorRtQdq(graph, layers(graph, keptFloat), params, biases, rounding).write();
  }

  @Override
  public Map<String, Fallback> floats(OnnxGraph graph, Set<String> keptFloat, OnnxGraph written) {
    Map<String, Fallback> floats = new LinkedHashMap<>();
    Set<String> layers = new LinkedHashSet<>(keptFloat);
    layers(graph, keptFloat).forEach(layer -> layers.add(layer.name()));
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
  public Map<String, Integer> conversions(OnnxGraph graph, Set<String> keptFloat) {
    return Map.of();
  }

  /** Not asked: another runtime is to run it. */
  @Override
  public List<String> rounded(OnnxGraph written) {
    return List.of();
  }
}
