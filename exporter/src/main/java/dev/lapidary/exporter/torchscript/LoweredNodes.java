package dev.lapidary.exporter.torchscript;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.OnnxNode;
import dev.lapidary.exporter.torchscript.QdqGraph.Result;
import dev.lapidary.torchscript.graph.Argument;
import dev.lapidary.torchscript.graph.Argument.Constant;
import dev.lapidary.torchscript.graph.Argument.None;
import dev.lapidary.torchscript.graph.Argument.Value;
import dev.lapidary.torchscript.graph.Node;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Nodes of an ONNX graph in libtorch's operators: on integers where it has them, else on floats.
 */
final class LoweredNodes {
  private static final Map<String, String> PAIRS =
      Map.of("Add", "quantized::add", "Mul", "quantized::mul");

  private static final Argument ONE_BY_ONE =
      new Argument.ListOf(List.of(Forms.integer(1), Forms.integer(1)));

  private final QdqGraph qdq;
  private final Forms forms;
  private final NodeList nodes;
  private final WeightedNodes layers;

  LoweredNodes(QdqGraph qdq, Forms forms) {
    this.qdq = qdq;
    this.forms = forms;
    this.nodes = forms.nodes();
    this.layers = new WeightedNodes(qdq, forms);
  }

  /** Whether it has weights that a repair of the graph may have changed. */
  boolean isLayer(OnnxNode node) {
    return layers.isOne(node);
  }

  /** Whether libtorch has an operator that computes it on integers. */
  boolean isOnIntegers(OnnxNode node) {
    boolean known = PAIRS.containsKey(node.op()) || node.is("Concat", "Sigmoid", "LeakyRelu");
    Optional<Result> result = known ? qdq.result(node) : Optional.empty();
    boolean cuts = result.filter(Result::cuts).isPresent();
    List<String> read = qdq.activations(node);
    return result.isPresent()
        && !(cuts && node.is("Sigmoid", "LeakyRelu"))
        && read.size() == (node.is("Sigmoid", "LeakyRelu") ? 1 : node.inputs().size())
        && (!PAIRS.containsKey(node.op()) || read.size() == 2)
        && read.stream().allMatch(input -> qdq.dequantized(input).isPresent());
  }

  /** Adds what computes a node, unless it is there. */
  void add(OnnxNode node, Node traced) {
    if (forms.has(node.output())) {
      return;
    }
    if (isLayer(node)) {
      layers.add(node);
    } else if (isOnIntegers(node)) {
      onIntegers(node, qdq.result(node).orElseThrow());
    } else {
      forms.put(node.output(), onFloats(node, traced));
    }
  }

  private void onIntegers(OnnxNode node, Result result) {
    Argument scale = new Argument.Real(result.quantization().scale());
    Argument zero = Forms.integer(result.quantization().zeroPoint());
    List<Argument> read =
        node.inputs().stream().filter(i -> !i.isEmpty()).map(this::bytes).toList();
    String relu = result.cuts() ? "_relu" : "";
    Value bytes =
        switch (node.op()) {
          case "Concat" ->
              nodes.integers(
                  "quantized::cat" + relu,
                  new Argument.ListOf(read),
                  Forms.integer(node.intOr("axis", 1)),
                  scale,
                  zero);
          case "Sigmoid" -> nodes.integers("quantized::sigmoid", read.get(0), scale, zero);
          case "LeakyRelu" ->
              nodes.integers(
                  "quantized::leaky_relu",
                  read.get(0),
                  slope(node),
                  new Argument.Bool(false),
                  scale,
                  zero);
          default -> pair(node, relu, read, scale, zero);
        };
    forms.put(result.integers(), new Forms.Integers(bytes, result.quantization()));
  }

  /** A product with the gate of its own other factor is a HardSwish, for which libtorch has one. */
  private Value pair(
      OnnxNode node, String relu, List<Argument> read, Argument scale, Argument zero) {
    Optional<String> gated =
        node.is("Mul") && relu.isEmpty()
            ? qdq.dequantized(node.input(1)).flatMap(qdq::gated)
            : Optional.empty();
    if (gated.filter(x -> x.equals(node.input(0))).isPresent()) {
      return nodes.integers("quantized::hardswish", read.get(0), scale, zero);
    }
    String operator = PAIRS.getOrDefault(node.op(), "") + relu;
    return nodes.integers(operator, read.get(0), read.get(1), scale, zero);
  }

  private Argument bytes(String value) {
    return forms.integers(value).orElseThrow().value();
  }

  private Value onFloats(OnnxNode node, Node traced) {
    Argument x = forms.real(node.input(0));
    return switch (node.op()) {
      case "Clip" -> nodes.real("aten::clamp", x, bound(node, 1), bound(node, 2));
      case "LeakyRelu" -> nodes.real("aten::leaky_relu", x, slope(node));
      case "GlobalAveragePool" -> nodes.real("aten::adaptive_avg_pool2d", x, ONE_BY_ONE);
      case "Flatten" ->
          nodes.real("aten::flatten", x, Forms.integer(node.intOr("axis", 1)), Forms.integer(-1));
      case "Add", "Sub" -> nodes.real(aten(node), x, forms.real(node.input(1)), Forms.integer(1));
      case "Mul", "Div" -> nodes.real(aten(node), x, forms.real(node.input(1)));
      case "Sigmoid", "Relu", "HardSwish", "HardSigmoid" -> nodes.real(aten(node), x);
      default ->
          throw Failure.unsupported(
              "%s: %s becomes %s beside integers, for which no operator of libtorch is written;"
                  + " 'exporter onnx --quantize int8' can",
              traced.location(), traced.operator(), node.op());
    };
  }

  /** Whose names are ONNX's in small letters. */
  private static String aten(OnnxNode node) {
    return "aten::" + node.op().toLowerCase(Locale.ROOT);
  }

  private static Argument slope(OnnxNode node) {
    return new Argument.Real(node.realOr("alpha", 0.01f));
  }

  private Argument bound(OnnxNode clip, int index) {
    if (!clip.hasInput(index)) {
      return None.NONE;
    }
    Tensor bound =
        forms.real(clip.input(index)) instanceof Constant constant
            ? constant.tensor()
            : Tensor.of(new float[] {Float.NaN});
    return new Argument.Real(bound.toDoubles()[0]);
  }
}
