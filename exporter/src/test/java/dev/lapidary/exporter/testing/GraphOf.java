package dev.lapidary.exporter.testing;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.exporter.onnx.Attribute;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import dev.lapidary.exporter.onnx.ValueInfo;
import dev.lapidary.torchscript.graph.SymInt;
import java.util.List;
import java.util.Map;

/** Small ONNX graphs for tests, written in a line a node. The input is x: [N, sizes...]. */
public final class GraphOf {
  private final OnnxGraph graph = new OnnxGraph("test", 17);

  public GraphOf(long... sizes) {
    List<SymInt> shape = new java.util.ArrayList<>(List.of(SymInt.BATCH));
    for (long size : sizes) {
      shape.add(SymInt.of(size));
    }
    graph.addInput(ValueInfo.of("x", DType.FLOAT32, shape));
  }

  /** A constant of uniform numbers in [-1, 1). */
  public GraphOf constant(String name, long... shape) {
    graph.setInitializer(name, Uniform.tensor(name, shape));
    return this;
  }

  /** A constant of uniform numbers in [1/2, 3/2). */
  public GraphOf positive(String name, long... shape) {
    float[] values = Uniform.tensor(name, shape).toFloats();
    for (int i = 0; i < values.length; i++) {
      values[i] = 1 + values[i] / 2;
    }
    graph.setInitializer(name, Tensor.of(values, shape));
    return this;
  }

  public GraphOf longs(String name, long... values) {
    graph.setInitializer(name, Tensor.of(values, values.length));
    return this;
  }

  public GraphOf number(String name, float value) {
    graph.setInitializer(name, Tensor.of(new float[] {value}));
    return this;
  }

  /** Integers of eight bits; one of them has rank 0. */
  public GraphOf integer(String name, DType dtype, int... values) {
    Tensor tensor =
        Tensor.zeros(dtype, values.length == 1 ? new long[0] : new long[] {values.length});
    for (int i = 0; i < values.length; i++) {
      tensor.bytes().put(i, (byte) values[i]);
    }
    graph.setInitializer(name, tensor);
    return this;
  }

  /** {@code node("y", "Add", "a", "b")}. */
  public GraphOf node(String output, String op, String... inputs) {
    return node(output, op, Map.of(), inputs);
  }

  public GraphOf node(
      String output, String op, Map<String, Attribute> attributes, String... inputs) {
    graph.add(new OnnxNode(output, op, List.of(inputs), List.of(output), attributes));
    return this;
  }

  /** Describes a value as the lowering would. */
  public GraphOf described(String value, long... sizes) {
    graph.describe(
        ValueInfo.of(
            value, DType.FLOAT32, java.util.Arrays.stream(sizes).mapToObj(SymInt::of).toList()));
    return this;
  }

  /** Ends the graph; the output's shape is written as unknown sizes. */
  public OnnxGraph output(String value, int rank) {
    List<ValueInfo.Axis> axes = new java.util.ArrayList<>();
    for (int i = 0; i < rank; i++) {
      axes.add(new ValueInfo.Axis("d" + i, 0));
    }
    graph.addOutput(new ValueInfo(value, DType.FLOAT32, axes));
    return graph;
  }
}
