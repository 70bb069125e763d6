package dev.lapidary.exporter.quantize;

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
import java.util.stream.Stream;

/**
 * Decides which nodes compute on integers, from what ONNX Runtime's CPU provider really fuses (its
 * QDQ selectors): a Conv needs a quantized output, a Relu vanishes only into the quantization
 * behind it, LayerNormalization has no integer form. {@link IntegerKernels} asks the runtime.
 *
 * <p>Additions, products and poolings are integers only where all that they join comes from
 * integers anyway. So a convolutional network is int8 throughout, while the residual stream of a
 * transformer, whose range int8 cannot hold, stays float between its int8 matrix products.
 */
final class Int8Plan {
  /**
   * Multiplications for each output of a convolution below which quantizing its input for it alone
   * costs more than integers save: the first layer of most networks, ConvNeXt's depthwise ones.
   */
  private static final int MIN_WORK = 128;

  private final OnnxGraph graph;
  private final Set<String> keptFloat;
  private final Set<String> natural = new LinkedHashSet<>();
  private final FixedValues fixed;
  private final Set<String> tooSmall = new LinkedHashSet<>();
  private final Map<String, Role> roles = new LinkedHashMap<>();

  private Int8Plan(OnnxGraph graph, Set<String> keptFloat) {
    this.graph = graph;
    this.keptFloat = keptFloat;
    this.fixed = FixedValues.of(graph);
  }

  /**
   * @param keptFloat names of nodes that must stay float
   */
  static Int8Plan of(OnnxGraph graph, Set<String> keptFloat) {
    Int8Plan plan = new Int8Plan(graph, keptFloat);
    List<OnnxNode> nodes = graph.nodes();
    for (OnnxNode node : nodes) {
      plan.findNatural(node);
    }
    for (OnnxNode node : nodes) {
      plan.roles.put(node.name(), plan.role(node));
    }
    return plan;
  }

  Role roleOf(OnnxNode node) {
    return roles.getOrDefault(node.name(), Role.FLOAT);
  }

  /**
   * Whether all that it reads is constant: the runtime computes it once, when it loads the file.
   */
  boolean isFixed(OnnxNode node) {
    return fixed.isFixed(node);
  }

  /** Whether it was asked to stay float. */
  boolean isKept(OnnxNode node) {
    return keptFloat.contains(node.name());
  }

  /** Whether integers would be possible and do not pay. */
  boolean isTooSmall(String node) {
    return tooSmall.contains(node);
  }

  /** Nodes that compute on integers: the layers that a guard may turn back to float. */
  List<OnnxNode> layers() {
    return graph.nodes().stream()
        .filter(n -> roleOf(n) == Role.COMPUTE || roleOf(n) == Role.COMPUTE_TO_FLOAT)
        .toList();
  }

  /**
   * Whether a value exists as integers: its producer gives them or one of its readers needs them.
   */
  boolean isQuantized(String value) {
    if (graph.initializer(value).isPresent()) {
      return false;
    }
    return comesFromIntegers(value)
        ? absorber(value).isEmpty()
        : graph.consumers(value).stream()
            .anyMatch(r -> roleOf(r).takesIntegers() && activations(r).contains(value));
  }

  /** Whether a node gives it as integers. */
  boolean comesFromIntegers(String value) {
    return graph.producer(value).filter(node -> roleOf(node).givesIntegers()).isPresent();
  }

  /** All values that exist as integers, in the graph's order. */
  Set<String> quantizedValues() {
    Set<String> values = graph.values();
    values.removeIf(value -> !isQuantized(value));
    return values;
  }

  /** The Relu or Clip that this value vanishes into. */
  private Optional<OnnxNode> absorber(String value) {
    return graph.soleConsumer(value).filter(reader -> roleOf(reader) == Role.ABSORBED);
  }

  /** The inputs of a node that are not constants. */
  List<String> activations(OnnxNode node) {
    return node.inputs().stream()
        .filter(i -> !i.isEmpty() && graph.initializer(i).isEmpty())
        .toList();
  }

  // The first look: by operator alone

  private void findNatural(OnnxNode node) {
    boolean yes =
        switch (isFixed(node) ? "" : node.op()) {
          case "Conv" -> isFloatWeight(node, 1, 0) && isConstantOrAbsent(node, 2);
          case "Gemm" ->
              node.isPlainGemm() && isFloatWeight(node, 1, 2) && isConstantOrAbsent(node, 2);
          case "MatMul" -> isFloatWeight(node, 1, 2);
          case "Relu", "Clip" -> fromInteger(node) && (node.is("Relu") || clipsAtZero(node));
          case "HardSwish" -> fromInteger(node);
          case "HardSigmoid" -> fromInteger(node) && isTorchHardSigmoid(node);
          case "Add", "Mul" -> activations(node).size() == 2 && fromInteger(node);
          case "GlobalAveragePool", "AveragePool", "Concat", "Sigmoid", "LeakyRelu" ->
              fromInteger(node);
          case "" -> false;
          default -> isPassing(node) && fromInteger(node);
        };
    if (yes) {
      natural.add(node.name());
    }
  }

  /**
   * A convolution that computes little for each output and whose input is float: the network's
   * first one, one with floats on both sides, or a depthwise one, before which integers cost as
   * much as behind it: EfficientNet-Lite0's first is as fast on floats, and the rounding of its
   * input was a third of all that its logits were off by.
   */
  private boolean hasTooLittleWork(OnnxNode node) {
    Tensor weight = graph.initializer(node.input(1)).orElseThrow();
    boolean first = graph.producer(node.input(0)).filter(p -> natural.contains(p.name())).isEmpty();
    long work = weight.numel() / Math.max(1, weight.size(0));
    boolean depthwise = weight.size(1) == 1 && work > 1;
    return work < MIN_WORK
        && (first || (!comesFromIntegers(node.input(0)) && (depthwise || !reachesIntegers(node))))
        && !feedsMaxPool(node);
  }

  /** Whether a reader, behind those that pass integers on, could compute on integers. */
  private boolean reachesIntegers(OnnxNode node) {
    for (OnnxNode reader : graph.consumers(node.output())) {
      boolean transparent = isPassing(reader) || reader.is("Relu", "Clip");
      if (natural.contains(reader.name()) && (!transparent || reachesIntegers(reader))) {
        return true;
      }
    }
    return false;
  }

  /**
   * ONNX Runtime moves QuantizeLinear from behind a MaxPool to before it, and a MaxPool on integers
   * is fast only behind a QLinearConv, in its layout; else it took 50 times as long as on floats.
   */
  private boolean feedsMaxPool(OnnxNode node) {
    return graph.consumers(node.output()).stream()
        .flatMap(r -> r.is("Relu", "Clip") ? graph.consumers(r.output()).stream() : Stream.of(r))
        .anyMatch(r -> r.is("MaxPool"));
  }

  /**
   * All activations come from nodes whose outputs are integers, and from no product of rank 3 and
   * more, which belongs to a transformer and feeds its float stream.
   */
  private boolean fromInteger(OnnxNode node) {
    List<String> from = isPassing(node) ? List.of(node.input(0)) : activations(node);
    return !from.isEmpty()
        && from.stream()
            .allMatch(
                value ->
                    graph
                        .producer(value)
                        .filter(p -> natural.contains(p.name()) && !p.is("MatMul"))
                        .isPresent());
  }

  /**
   * A MaxPool that also gives places gives what is on no grid; a Resize that picks the nearest
   * pixel stays on it.
   */
  private static boolean isPassing(OnnxNode node) {
    if (node.is("MaxPool")) {
      return node.outputs().size() == 1;
    }
    if (node.is("Resize")) {
      return node.textOr("mode", "nearest").equals("nearest");
    }
    return node.is(
        "Reshape", "Flatten", "Transpose", "Squeeze", "Unsqueeze", "Slice", "Split", "Gather");
  }

  private boolean isFloatWeight(OnnxNode node, int index, int rank) {
    Optional<Tensor> weight = graph.initializer(node.input(index));
    return weight.isPresent()
        && weight.get().dtype() == DType.FLOAT32
        && (rank == 0 || weight.get().rank() == rank);
  }

  private boolean isConstantOrAbsent(OnnxNode node, int index) {
    return !node.hasInput(index) || graph.initializer(node.input(index)).isPresent();
  }

  private boolean clipsAtZero(OnnxNode node) {
    return graph
        .initializer(node.input(1))
        .filter(min -> min.numel() == 1 && min.toFloats()[0] == 0)
        .isPresent();
  }

  private static boolean isTorchHardSigmoid(OnnxNode node) {
    return Math.abs(node.realOr("alpha", 0.2f) - 1 / 6f) < 1e-6
        && node.realOr("beta", 0.5f) == 0.5f;
  }

  // The second look: what is kept float, and what follows from it

  private Role role(OnnxNode node) {
    if (!natural.contains(node.name()) || keptFloat.contains(node.name())) {
      return Role.FLOAT;
    }
    if (node.is("Conv") && hasTooLittleWork(node)) {
      tooSmall.add(node.name());
      return Role.FLOAT;
    }
    if (node.is("Relu", "Clip")) {
      Role before = graph.producer(node.input(0)).map(this::roleOf).orElse(Role.FLOAT);
      boolean alone = graph.soleConsumer(node.input(0)).isPresent();
      return before == Role.COMPUTE && alone ? Role.ABSORBED : Role.FLOAT;
    }
    if (isPassing(node)) {
      return comesFromIntegers(node.input(0)) ? Role.PASS : Role.FLOAT;
    }
    if (node.is("Gemm", "MatMul")) {
      return feedsIntegers(node) ? Role.COMPUTE : Role.COMPUTE_TO_FLOAT;
    }
    return Role.COMPUTE;
  }

  /**
   * Whether any reader will compute on integers. A Relu does, in the layer's own quantization: of a
   * Gemm that gives floats to it ONNX Runtime makes one layer on floats, whose weights it
   * dequantizes for each image.
   */
  private boolean feedsIntegers(OnnxNode node) {
    return graph.consumers(node.output()).stream()
        .anyMatch(
            r -> natural.contains(r.name()) && !keptFloat.contains(r.name()) && !isPassing(r));
  }
}
