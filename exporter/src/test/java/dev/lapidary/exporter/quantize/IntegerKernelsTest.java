package dev.lapidary.exporter.quantize;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.exporter.onnx.Attribute;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import dev.lapidary.exporter.onnx.ValueInfo;
import dev.lapidary.torchscript.graph.SymInt;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What ONNX Runtime is asked, and what it is known to answer. x and z are [1, 8, 6, 6]. */
class IntegerKernelsTest {
  private static final Map<String, Attribute> NONE = Map.of();

  private final OnnxGraph graph = new OnnxGraph("g", 17);

  /** The operators that a plan computes on integers, and some that could be. */
  @ParameterizedTest
  @CsvSource({
    "Add, 'x,z', QLinearAdd",
    "Mul, 'x,z', QLinearMul",
    "Add, 'x,two', QLinearAdd",
    "Sigmoid, x, QLinearSigmoid",
    "LeakyRelu, x, QLinearLeakyRelu",
    "Softmax, x, QLinearSoftmax",
    "GlobalAveragePool, x, QLinearGlobalAveragePool",
    "AveragePool, x, QLinearAveragePool",
    "Concat, 'x,z', QLinearConcat",
    "MatMul, 'x,z', QLinearMatMul",
    "MatMul, 'x,square', QLinearMatMul",
    "Conv, 'x,filter', QLinearConv",
    "Where, 'mask,x,z', QLinearWhere",
  })
  void anIntegerKernelIsFound(String op, String inputs, String kernel) {
    assertThat(of(op, inputs)).contains(kernel);
  }

  /** What moves integers as they are. */
  @ParameterizedTest
  @CsvSource({
    "MaxPool, x",
    "Transpose, x",
    "Flatten, x",
    "Squeeze, x",
    "Resize, 'x,,sizes'",
    "Gather, 'x,index'",
    "Slice, 'x,from,to'",
  })
  void integersAreMoved(String op, String inputs) {
    assertThat(of(op, inputs)).contains(op);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Relu",
        "HardSwish",
        "HardSigmoid",
        "Elu",
        "Tanh",
        "Erf",
        "Softplus",
        "LogSoftmax",
        "Sqrt",
        "GlobalMaxPool",
      })
  void floatsAreFloats(String op) {
    assertThat(of(op, "x")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "Sub, 'x,z'",
    "Div, 'x,z'",
    "LayerNormalization, 'x,scale'",
    "InstanceNormalization, 'x,channels,channels'",
    "BatchNormalization, 'x,channels,channels,channels,channels'",
    "ConvTranspose, 'x,filter'",
    "ReduceMean, x",
    "PRelu, 'x,two'",
  })
  void soAreThoseOfSeveral(String op, String inputs) {
    assertThat(of(op, inputs)).isEmpty();
  }

  /** Nothing that a QuantizeLinear could read. */
  @Test
  void whatGivesNoFloatsHasNone() {
    assertThat(of("Equal", "x,z")).isEmpty();
    assertThat(of("Shape", "x")).isEmpty();
  }

  private Optional<String> of(String op, String inputs) {
    for (String value : List.of("x", "z")) {
      graph.describe(ValueInfo.of(value, DType.FLOAT32, dims(1, 8, 6, 6)));
    }
    graph.describe(ValueInfo.of("mask", DType.BOOL, dims(1, 8, 6, 6)));
    graph.setInitializer("two", Tensor.of(new float[] {2}));
    graph.setInitializer("square", Uniform.tensor("square", 6, 6));
    graph.setInitializer("filter", Uniform.tensor("filter", 8, 8, 3, 3));
    graph.setInitializer("scale", Uniform.tensor("scale", 6));
    graph.setInitializer("channels", Uniform.tensor("channels", 8));
    graph.setInitializer("sizes", Tensor.of(new float[] {1, 1, 2, 2}, 4));
    graph.setInitializer("index", Tensor.of(new long[] {0}));
    graph.setInitializer("from", Tensor.of(new long[] {0}, 1));
    graph.setInitializer("to", Tensor.of(new long[] {1}, 1));
    Map<String, Attribute> attributes =
        switch (op) {
          case "AveragePool", "MaxPool" -> Map.of("kernel_shape", Attribute.of(2, 2));
          case "Concat" -> Map.of("axis", Attribute.of(1));
          case "ReduceMean" -> Map.of("axes", Attribute.of(2, 3));
          default -> NONE;
        };
    OnnxNode node =
        new OnnxNode(
            op, op, List.of(inputs.split(",", -1)), List.of(op + "/y"), new TreeMap<>(attributes));
    graph.add(node);
    return IntegerKernels.of(graph, node);
  }

  private static List<SymInt> dims(long... sizes) {
    return Arrays.stream(sizes).mapToObj(SymInt::of).toList();
  }
}
