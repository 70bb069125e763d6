package dev.lapidary.exporter.quantize;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class Int8PlanTest {
  /** Integers begin behind a small first layer and the depthwise one that reads it. */
  @Test
  void aDepthwiseConvolutionOfFloatsStaysFloat() {
    OnnxGraph graph = SmallNetworks.separable();
    Int8Plan plan = Int8Plan.of(graph, Set.of());
    assertThat(layers(plan)).containsExactly("p1", "d2", "p2", "gap", "fc");
    assertThat(plan.isTooSmall("stem")).isTrue();
    assertThat(plan.isTooSmall("d1")).isTrue();
    assertThat(plan.isQuantized("stem.relu6_out")).isFalse();
    assertThat(plan.isQuantized("d1.relu6_out")).isTrue();
  }

  /** Behind integers it computes on them: going to floats and back would cost more. */
  @Test
  void aDepthwiseConvolutionOfIntegersStaysOnThem() {
    OnnxGraph graph = SmallNetworks.inverted();
    assertThat(layers(Int8Plan.of(graph, Set.of())))
        .containsExactly("a", "d", "p", "q", "gap", "fc");
    assertThat(layers(Int8Plan.of(graph, Set.of("a")))).containsExactly("p", "q", "gap", "fc");
  }

  private static List<String> layers(Int8Plan plan) {
    return plan.layers().stream().map(OnnxNode::name).toList();
  }
}
