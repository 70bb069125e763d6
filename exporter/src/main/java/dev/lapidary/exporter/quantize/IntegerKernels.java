package dev.lapidary.exporter.quantize;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import dev.lapidary.exporter.onnx.ValueInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Asks ONNX Runtime itself what it computes on integers: a node alone, between DequantizeLinear and
 * QuantizeLinear, goes through the runtime's optimizations on the CPU, and what comes out is read.
 */
final class IntegerKernels {
  /** A value whose shape the graph does not say; operators that are asked about take any of it. */
  private static final List<ValueInfo.Axis> UNKNOWN =
      Stream.of("A", "B", "C").map(symbol -> new ValueInfo.Axis(symbol, 0)).toList();

  /** As good as any: what is computed on integers does not depend on it. */
  private static final QuantParams ANY = new QuantParams(0.02f, 128, QuantType.U8);

  private final OnnxGraph graph;
  private final OnnxNode node;
  private final OnnxGraph alone;
  private final QdqNodes qdq;
  private final boolean quantizesConstants;

  private IntegerKernels(OnnxGraph graph, OnnxNode node, boolean quantizesConstants) {
    this.graph = graph;
    this.node = node;
    this.alone = new OnnxGraph("alone", graph.opset());
    this.qdq = new QdqNodes(alone);
    this.quantizesConstants = quantizesConstants;
  }

  /** Whether this is an operator of ONNX Runtime, or of ONNX, that computes on integers. */
  static boolean isOne(String operator) {
    return operator.startsWith("QLinear")
        || operator.equals("QGemm")
        || operator.equals("DynamicQuantizeMatMul")
        || operator.contains("Integer");
  }

  /**
   * The operator that computes a node of integers: {@code QLinearLeakyRelu}, or the node's own
   * where that moves them as they are. Empty if the runtime computes it on floats.
   */
  static Optional<String> of(OnnxGraph graph, OnnxNode node) {
    return new IntegerKernels(graph, node, false)
        .found()
        .or(() -> new IntegerKernels(graph, node, true).found());
  }

  private Optional<String> found() {
    List<RuntimeNode> nodes;
    try {
      nodes = RuntimeNode.optimized(between());
    } catch (Failure refused) {
      return Optional.empty(); // it takes or gives no floats
    }
    Optional<String> kernel =
        nodes.stream().map(RuntimeNode::operator).filter(IntegerKernels::isOne).findFirst();
    return kernel.isPresent()
        ? kernel
        : nodes.stream()
            .filter(n -> n.operator().equals(node.op()) && !readsFloats(n, nodes))
            .map(RuntimeNode::operator)
            .findFirst();
  }

  private static boolean readsFloats(RuntimeNode reader, List<RuntimeNode> nodes) {
    return nodes.stream()
        .filter(n -> n.operator().equals("DequantizeLinear"))
        .anyMatch(n -> reader.inputs().contains(n.outputs().get(0)));
  }

  /** Inputs as integers, the node, its first output as integers. */
  private OnnxGraph between() {
    List<String> inputs = new ArrayList<>();
    for (int i = 0; i < node.inputs().size(); i++) {
      inputs.add(input(i, node.input(i)));
    }
    List<String> outputs = new ArrayList<>();
    for (int i = 0; i < node.outputs().size(); i++) {
      outputs.add(node.outputs().get(i).isEmpty() ? "" : "y" + i);
    }
    alone.add(node.withInputs(inputs).withOutputs(outputs));
    qdq.quantize("y", "y0", "y", ANY);
    List<ValueInfo.Axis> shape = graph.info(node.output()).map(ValueInfo::shape).orElse(UNKNOWN);
    alone.addOutput(new ValueInfo("y", DType.FLOAT32, shape));
    return alone;
  }

  private String input(int index, String value) {
    Optional<Tensor> constant = graph.initializer(value);
    if (value.isEmpty()) {
      return value;
    }
    String name = "x" + index;
    String real = name + "/real";
    if (constant.isPresent()) {
      boolean quantizes =
          quantizesConstants && index < 2 && constant.get().dtype() == DType.FLOAT32;
      alone.setInitializer(
          name, quantizes ? Tensor.zeros(DType.UINT8, constant.get().shape()) : constant.get());
      if (!quantizes) {
        return name;
      }
      String scale = qdq.scalar(name + "/scale", ANY.scale());
      qdq.add("DequantizeLinear", real, name, scale, qdq.zeroPoint(name + "/zero_point", ANY));
      return real;
    }
    ValueInfo info =
        graph
            .info(value)
            .map(known -> known.named(name))
            .orElse(new ValueInfo(name, DType.FLOAT32, UNKNOWN));
    alone.addInput(info);
    if (info.dtype() != DType.FLOAT32) {
      return name;
    }
    qdq.quantize(name, name, real, ANY);
    return real;
  }
}
