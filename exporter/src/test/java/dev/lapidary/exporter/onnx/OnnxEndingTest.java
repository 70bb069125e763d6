package dev.lapidary.exporter.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.ending.Ending;
import dev.lapidary.core.onnx.OnnxEnding;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.exporter.testing.GraphOf;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What ONNX files end in, by their nodes. */
class OnnxEndingTest {
  private static final Map<String, Attribute> CLASSES = Map.of("axis", Attribute.of(1));

  @TempDir Path folder;

  private Ending ending(OnnxGraph graph) throws IOException {
    Path file = folder.resolve("m.onnx");
    OnnxWriter.write(graph, file);
    return OnnxEnding.of(file);
  }

  @ParameterizedTest
  @CsvSource({
    "Relu, LOGITS",
    "Softmax, SOFTMAX",
    "LogSoftmax, LOG_SOFTMAX",
    "Sigmoid, SIGMOID",
    "HardSigmoid, SIGMOID",
    "ArgMax, INDEX"
  })
  void isTheLastNode(String operator, Ending expected) throws IOException {
    assertThat(ending(new GraphOf(5).node("y", operator, "x").output("y", 2))).isEqualTo(expected);
  }

  /** What changes no number and no place. */
  @Test
  void liesBehindWhatKeepsItsNumbers() throws IOException {
    GraphOf graph =
        new GraphOf(5)
            .longs("shape", -1, 5)
            .number("scale", 1 / 255f)
            .integer("zero", DType.UINT8, 0)
            .node("s", "Softmax", "x")
            .node("i", "Identity", "s")
            .node("r", "Reshape", "i", "shape")
            .node("q", "QuantizeLinear", "r", "scale", "zero")
            .node("d", "DequantizeLinear", "q", "scale", "zero")
            .node("c", "Cast", Map.of("to", Attribute.of(10)), "d")
            .node("y", "Cast", Map.of("to", Attribute.of(1)), "c");
    assertThat(ending(graph.output("y", 2))).isEqualTo(Ending.SOFTMAX);
  }

  /** Over the batch it makes no scores of the classes. */
  @Test
  void isOverTheClasses() throws IOException {
    Map<String, Attribute> batch = Map.of("axis", Attribute.of(0));
    assertThat(ending(new GraphOf(5).node("y", "Softmax", batch, "x").output("y", 2)))
        .isEqualTo(Ending.LOGITS);
    GraphOf channels = new GraphOf(5, 1, 1);
    assertThat(
            ending(
                channels
                    .node("s", "Softmax", CLASSES, "x")
                    .node("y", "Flatten", "s")
                    .output("y", 2)))
        .isEqualTo(Ending.SOFTMAX);
    GraphOf pooled = new GraphOf(5, 4, 4).node("s", "Softmax", CLASSES, "x");
    assertThat(
            ending(
                pooled
                    .node("p", "GlobalAveragePool", "s")
                    .node("y", "Flatten", "p")
                    .output("y", 2)))
        .isEqualTo(Ending.SOFTMAX);
  }

  /** Before version 13 a softmax without an axis is over all dimensions but the batch. */
  @Test
  void isOverAllDimensionsInOlderVersions() throws IOException {
    OnnxGraph old = new OnnxGraph("old", 11);
    old.addInput(ValueInfo.of("x", DType.FLOAT32, java.util.List.of()));
    old.add(node("s", "Softmax", "x"));
    old.add(node("y", "Flatten", "s"));
    old.addOutput(ValueInfo.of("y", DType.FLOAT32, java.util.List.of()));
    assertThat(ending(old)).isEqualTo(Ending.SOFTMAX);
  }

  private static OnnxNode node(String output, String op, String input) {
    return new OnnxNode(output, op, java.util.List.of(input), java.util.List.of(output), Map.of());
  }

  @Test
  void mayBeWrittenOut() throws IOException {
    GraphOf softmax =
        new GraphOf(5)
            .longs("axes", 1)
            .node("e", "Exp", "x")
            .node("s", "ReduceSum", "e", "axes")
            .node("y", "Div", "e", "s");
    assertThat(ending(softmax.output("y", 2))).isEqualTo(Ending.SOFTMAX);
    GraphOf sigmoid =
        new GraphOf(5)
            .number("one", 1)
            .node("n", "Neg", "x")
            .node("e", "Exp", "n")
            .node("a", "Add", "one", "e")
            .node("y", "Div", "one", "a");
    assertThat(ending(sigmoid.output("y", 2))).isEqualTo(Ending.SIGMOID);
    GraphOf logarithms = new GraphOf(5).node("l", "LogSoftmax", "x").node("y", "Exp", "l");
    assertThat(ending(logarithms.output("y", 2))).isEqualTo(Ending.SOFTMAX);
  }

  /** The mean of two networks' scores is scores; their sum and a hundredfold are none. */
  @Test
  void mayBeOfSeveralNetworks() throws IOException {
    for (float factor : new float[] {0.5f, 1, 100}) {
      GraphOf both =
          new GraphOf(5)
              .number("f", factor)
              .node("r", "Relu", "x")
              .node("a", "Softmax", "x")
              .node("b", "Softmax", "r")
              .node("s", "Add", "a", "b")
              .node("y", "Mul", "s", "f");
      assertThat(ending(both.output("y", 2)))
          .isEqualTo(factor == 0.5f ? Ending.SOFTMAX : Ending.LOGITS);
    }
    GraphOf gate = new GraphOf(5).node("s", "Sigmoid", "x").node("y", "Mul", "x", "s");
    assertThat(ending(gate.output("y", 2))).isEqualTo(Ending.LOGITS);
  }

  /** Each node doubles the ways back; they are not all gone. */
  @Test
  void endsOnGraphsOfManyWays() throws IOException {
    GraphOf graph = new GraphOf(5).node("v0", "Softmax", "x");
    for (int i = 1; i <= 60; i++) {
      graph.node("v" + i, "Add", "v" + (i - 1), "v" + (i - 1));
    }
    assertThat(ending(graph.output("v60", 2))).isEqualTo(Ending.LOGITS);
  }
}
