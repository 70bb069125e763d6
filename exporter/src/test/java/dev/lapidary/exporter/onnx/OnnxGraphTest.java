package dev.lapidary.exporter.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.torchscript.graph.SymInt;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class OnnxGraphTest {
  private final OnnxGraph graph = new OnnxGraph("g", 17);

  private OnnxNode unary(String op, String in, String out) {
    return graph.add(new OnnxNode(out + "_node", op, List.of(in), List.of(out), Map.of()));
  }

  private void input(String name) {
    graph.addInput(ValueInfo.of(name, DType.FLOAT32, List.of(SymInt.BATCH)));
  }

  private void output(String name) {
    graph.addOutput(ValueInfo.of(name, DType.FLOAT32, List.of(SymInt.BATCH)));
  }

  @Test
  void knowsProducersAndConsumers() {
    input("x");
    OnnxNode a = unary("Relu", "x", "a");
    OnnxNode b = unary("Neg", "a", "b");
    output("b");
    assertThat(graph.producer("a")).contains(a);
    assertThat(graph.producer("x")).isEmpty();
    assertThat(graph.soleConsumer("a")).contains(b);
    assertThat(graph.soleConsumer("b")).isEmpty();
    assertThat(graph.fresh("a")).isEqualTo("a_1");
  }

  @Test
  void bypassInTheMiddleConnectsTheReaders() {
    input("x");
    unary("Relu", "x", "a");
    OnnxNode identity = unary("Identity", "a", "b");
    unary("Neg", "b", "c");
    output("c");
    assertThat(graph.bypass(identity, "a")).isTrue();
    assertThat(graph.nodes()).extracting(OnnxNode::op).containsExactly("Relu", "Neg");
    assertThat(graph.producer("c").orElseThrow().inputs()).containsExactly("a");
  }

  @Test
  void bypassAtTheEndKeepsTheOutputsName() {
    input("x");
    unary("Relu", "x", "a");
    unary("Neg", "a", "side");
    OnnxNode identity = unary("Identity", "a", "y");
    output("y");
    output("side");
    assertThat(graph.bypass(identity, "a")).isTrue();
    assertThat(graph.producer("y").orElseThrow().op()).isEqualTo("Relu");
    assertThat(graph.producer("side").orElseThrow().inputs()).containsExactly("y");
  }

  @Test
  void bypassRefusesToJoinInputAndOutput() {
    input("x");
    OnnxNode identity = unary("Identity", "x", "y");
    output("y");
    assertThat(graph.bypass(identity, "x")).isFalse();
    assertThat(graph.nodes()).containsExactly(identity);
  }

  @Test
  void refusesTwoNodesOfOneNameOrOutput() {
    input("x");
    unary("Relu", "x", "a");
    assertThatThrownBy(() -> unary("Relu", "x", "a"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("two nodes are called a_node");
  }
}
