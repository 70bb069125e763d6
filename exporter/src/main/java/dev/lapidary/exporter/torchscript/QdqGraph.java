package dev.lapidary.exporter.torchscript;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import dev.lapidary.torchscript.trace.value.QuantizationParameters;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An ONNX graph whose QuantizeLinear and DequantizeLinear say what is computed on integers: uint8
 * activations with a zero point, int8 weights with a scale for each output, int32 biases.
 */
final class QdqGraph {
  private static final int LARGEST = 255;

  private final OnnxGraph graph;
  private final Map<String, Integer> positions = new HashMap<>();

  QdqGraph(OnnxGraph graph) {
    this.graph = graph;
    graph.nodes().forEach(node -> positions.put(node.name(), positions.size()));
  }

  /**
   * What a layer's integers become.
   *
   * @param integers the value behind QuantizeLinear
   * @param rectified whether a Relu, or a Clip at 0, stands between: rounding to the grid does what
   *     it does, but for its lower end if that is not the grid's
   */
  record Result(String integers, QuantizationParameters quantization, boolean rectified) {
    /** Whether the integers below zero are to be cut. */
    boolean cuts() {
      return rectified && quantization.zeroPoint() != 0;
    }
  }

  /**
   * A layer's weights as they are stored.
   *
   * @param integers INT8 {@code [out, ...]}
   * @param scales FLOAT64, one for each output
   */
  record Weights(Tensor integers, Tensor scales) {}

  OnnxGraph onnx() {
    return graph;
  }

  /** The position in the order of execution. */
  int position(OnnxNode node) {
    return positions.getOrDefault(node.name(), 0);
  }

  /** Whether the graph computes or takes a value of this name. */
  boolean gives(String value) {
    return graph.producer(value).isPresent() || graph.isInput(value);
  }

  /** The QuantizeLinear that alone reads a value: whoever else wants it gets it rounded. */
  Optional<OnnxNode> rounding(String value) {
    return graph.soleConsumer(value).filter(node -> node.is("QuantizeLinear"));
  }

  /** The DequantizeLinear that gives a value, of integers that depend on the image. */
  Optional<OnnxNode> dequantized(String value) {
    return graph
        .producer(value, "DequantizeLinear")
        .filter(node -> graph.initializer(node.input(0)).isEmpty());
  }

  /** What is rounded where a value, as an output of the graph, is the rounded one. */
  String unrounded(String value) {
    return dequantized(value)
        .flatMap(dequantize -> graph.producer(dequantize.input(0)))
        .map(quantize -> quantize.input(0))
        .orElse(value);
  }

  /** Of a QuantizeLinear, or of a DequantizeLinear of activations. */
  QuantizationParameters quantization(OnnxNode node) {
    Optional<Tensor> scale = graph.initializer(node.input(1));
    Optional<Tensor> zero = graph.initializer(node.input(2));
    if (scale.isEmpty() || zero.filter(z -> z.dtype() == DType.UINT8).isEmpty()) {
      throw Failure.unsupported(
          "%s: activations are not uint8 with a known scale, which is what libtorch's integer"
              + " operators take",
          node.name());
    }
    // Once a channel or once for all: activations have one.
    return new QuantizationParameters(
        scale.get().toFloats()[0], Math.round(zero.get().toDoubles()[0]) & LARGEST, DType.QUINT8);
  }

  /**
   * The gate that HardSigmoid's integers are: {@code clip(x + 3, 0, 6)}, read as 0 to 1. Gives its
   * x.
   */
  Optional<String> gated(OnnxNode dequantize) {
    return graph
        .producer(dequantize.input(0))
        .filter(quantize -> !quantization(quantize).equals(quantization(dequantize)))
        .flatMap(quantize -> graph.producer(quantize.input(0)))
        .flatMap(sum -> sum.inputs().stream().filter(i -> dequantized(i).isPresent()).findFirst());
  }

  /** What quantizes a node's output, be it behind a Relu or Clip that the grid makes needless. */
  Optional<Result> result(OnnxNode node) {
    Optional<Result> own = rounding(node.output()).map(q -> result(q, false));
    if (own.isPresent()) {
      return own;
    }
    Optional<OnnxNode> activation =
        graph.soleConsumer(node.output()).filter(reader -> reader.is("Relu", "Clip"));
    return activation
        .flatMap(reader -> rounding(reader.output()))
        .map(q -> result(q, true))
        .filter(result -> isWithin(result.quantization(), activation.orElseThrow()));
  }

  private Result result(OnnxNode quantize, boolean rectified) {
    return new Result(quantize.output(), quantization(quantize), rectified);
  }

  /** Whether the grid ends where the activation does, or before. */
  private boolean isWithin(QuantizationParameters quantization, OnnxNode activation) {
    if (activation.is("Relu")) {
      return true;
    }
    double minimum = bound(activation, 1, Double.NEGATIVE_INFINITY);
    double maximum = bound(activation, 2, Double.POSITIVE_INFINITY);
    double end = (LARGEST - quantization.zeroPoint()) * quantization.scale();
    return minimum == 0 && end <= maximum + quantization.scale() / 2;
  }

  private double bound(OnnxNode clip, int index, double otherwise) {
    return graph
        .initializer(clip.input(index))
        .filter(bound -> bound.numel() == 1)
        .map(bound -> bound.toDoubles()[0])
        .orElse(clip.hasInput(index) ? Double.NaN : otherwise);
  }

  /** A layer's int8 weights; empty if they are floats, or no constants. */
  Optional<Weights> weights(OnnxNode layer) {
    return constant(layer.input(1))
        .filter(node -> isOf(node, DType.INT8))
        .map(
            node -> {
              Tensor integers = graph.initializer(node.input(0)).orElseThrow();
              boolean turned = integers.rank() == 2 && node.intOr("axis", 1) == 1;
              Tensor byOutput = turned ? integers.permuted(1, 0).contiguous() : integers;
              return new Weights(byOutput, scales(node, (int) byOutput.size(0)));
            });
  }

  private Tensor scales(OnnxNode dequantize, int outputs) {
    float[] given = graph.initializer(dequantize.input(1)).orElseThrow().toFloats();
    Tensor scales = Tensor.zeros(DType.FLOAT64, outputs);
    for (int i = 0; i < outputs; i++) {
      scales.bytes().putDouble(8 * i, given[i % given.length]);
    }
    return scales;
  }

  /** A layer's bias in reals; empty if it has none. */
  Optional<Tensor> bias(OnnxNode layer) {
    if (!layer.hasInput(2)) {
      return Optional.empty();
    }
    return graph
        .initializer(layer.input(2))
        .or(
            () ->
                constant(layer.input(2))
                    .filter(node -> isOf(node, DType.INT32))
                    .map(node -> reals(node)));
  }

  private Tensor reals(OnnxNode dequantize) {
    double[] integers = graph.initializer(dequantize.input(0)).orElseThrow().toDoubles();
    float[] scales = graph.initializer(dequantize.input(1)).orElseThrow().toFloats();
    float[] reals = new float[integers.length];
    for (int i = 0; i < reals.length; i++) {
      reals[i] = (float) (integers[i] * scales[i % scales.length]);
    }
    return Tensor.of(reals, reals.length);
  }

  private Optional<OnnxNode> constant(String value) {
    return graph
        .producer(value, "DequantizeLinear")
        .filter(node -> graph.initializer(node.input(0)).isPresent());
  }

  private boolean isOf(OnnxNode dequantize, DType dtype) {
    return graph.initializer(dequantize.input(0)).filter(t -> t.dtype() == dtype).isPresent();
  }

  /** The inputs of a node that are not constants. */
  List<String> activations(OnnxNode node) {
    return node.inputs().stream()
        .filter(input -> !input.isEmpty() && graph.initializer(input).isEmpty())
        .filter(input -> constant(input).isEmpty())
        .toList();
  }
}
