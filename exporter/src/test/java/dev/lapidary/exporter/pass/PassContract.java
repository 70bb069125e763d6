package dev.lapidary.exporter.pass;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import dev.lapidary.exporter.onnx.OnnxReader;
import dev.lapidary.exporter.onnx.OnnxWriter;
import dev.lapidary.exporter.testing.OrtRun;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * What every pass promises: where it fires the runtime gives the same numbers before and after, a
 * second application changes nothing, the graph stays well-formed; where it must not fire, the
 * graph stays as it is.
 */
abstract class PassContract {
  /** A graph and what the pass leaves of it. */
  record Case(String title, OnnxGraph graph, List<String> operatorsAfter) {}

  abstract Pass pass();

  /** Graphs that the pass changes. */
  abstract List<Case> fires();

  /** Graphs that look alike and must stay. */
  abstract List<Case> doesNotFire();

  static Case on(String title, OnnxGraph graph, String... operatorsAfter) {
    return new Case(title, graph, List.of(operatorsAfter));
  }

  @TestFactory
  Stream<DynamicTest> keepsResultsWhereItFires() {
    return fires().stream().map(c -> DynamicTest.dynamicTest(c.title(), () -> checkFires(c)));
  }

  @TestFactory
  Stream<DynamicTest> staysAwayElsewhere() {
    return doesNotFire().stream()
        .map(
            c ->
                DynamicTest.dynamicTest(
                    c.title(),
                    () -> {
                      byte[] before = OnnxWriter.bytes(c.graph());
                      assertThat(pass().apply(c.graph())).isZero();
                      assertThat(OnnxWriter.bytes(c.graph())).isEqualTo(before);
                    }));
  }

  private void checkFires(Case c) {
    Tensor input = input(c.graph());
    Tensor before = OrtRun.first(c.graph(), input);
    assertThat(pass().apply(c.graph())).isPositive();
    assertThat(c.graph().nodes())
        .extracting(OnnxNode::op)
        .containsExactlyElementsOf(c.operatorsAfter());
    OnnxReader.read(ByteBuffer.wrap(OnnxWriter.bytes(c.graph())), c.title());
    Tensor after = OrtRun.first(c.graph(), input);
    assertThat(after.shape()).isEqualTo(before.shape());
    float[] expected = before.toFloats();
    float[] found = after.toFloats();
    double largest = 0;
    for (float value : expected) {
      largest = Math.max(largest, Math.abs(value));
    }
    for (int i = 0; i < found.length; i++) {
      // Weights are rounded once more and sums change their order: some units in the last place.
      assertThat((double) found[i])
          .isCloseTo(expected[i], org.assertj.core.data.Offset.offset(2e-6 * largest));
    }
    assertThat(pass().apply(c.graph())).as("a second application").isZero();
  }

  private static Tensor input(OnnxGraph graph) {
    long[] shape =
        graph.inputs().get(0).shape().stream()
            .mapToLong(axis -> axis.isSymbolic() ? 2 : axis.size())
            .toArray();
    return Uniform.tensor("input", shape);
  }
}
