package dev.lapidary.exporter.quantize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lapidary.core.card.Activation;
import dev.lapidary.core.card.Scoring;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import java.util.Set;
import org.junit.jupiter.api.Test;

class CrossLayerEqualizationTest {
  private static final Scoring SCORING = Scoring.ofLogits(Activation.SOFTMAX);

  @Test
  void resultsStayAndRangesComeTogether() {
    OnnxGraph graph = SmallNetworks.inverted();
    uneven(graph, "a", 1 / 40.0);
    uneven(graph, "d", 1 / 12.0);
    uneven(graph, "p", 900);
    try (CalibrationSet images = SmallNetworks.images("equalize", 24)) {
      Observations before = observe(graph, images);
      OnnxGraph equalized = CrossLayerEqualization.of(graph, before).orElseThrow();
      assertThat(Reference.of(graph, images, SCORING).drift(equalized).relativeError())
          .isLessThan(1e-9);
      Observations after = observe(equalized, images);
      for (String value : new String[] {"a.relu6_out", "d.relu6_out", "p_out"}) {
        assertThat(spread(after.channelMagnitudes(value)))
            .as(value)
            .isLessThan(0.7 * spread(before.channelMagnitudes(value)));
      }
    }
  }

  /** What reaches 6 is cut there, and no other channel is brought nearer to 6 than to 1/1.25. */
  @Test
  void reluSixKeepsItsHeadroom() {
    OnnxGraph graph = SmallNetworks.inverted();
    uneven(graph, "a", 400);
    try (CalibrationSet images = SmallNetworks.images("equalize", 24)) {
      Observations before = observe(graph, images);
      OnnxGraph equalized = CrossLayerEqualization.of(graph, before).orElseThrow();
      float[] reached = before.channelMagnitudes("a.relu6_out");
      float[] brought = observe(equalized, images).channelMagnitudes("a.relu6_out");
      int cut = 0;
      for (int c = 0; c < reached.length; c++) {
        if (reached[c] >= 6 / 1.25) {
          cut++;
          assertThat(brought[c]).isCloseTo(reached[c], within(1e-3f));
        } else {
          assertThat(brought[c]).isLessThanOrEqualTo(6 / 1.25f + 1e-3f);
        }
      }
      assertThat(cut).isPositive();
    }
  }

  /** A value that two layers read stays; the pair inside of the block does not. */
  @Test
  void onlyWhatOneLayerReadsIsScaled() {
    OnnxGraph graph = SmallNetworks.residual();
    try (CalibrationSet images = SmallNetworks.images("equalize", 8)) {
      OnnxGraph equalized = CrossLayerEqualization.of(graph, observe(graph, images)).orElseThrow();
      assertThat(weight(equalized, "stem")).isEqualTo("stem.weight");
      assertThat(weight(equalized, "block.down")).isEqualTo("block.down.weight");
      assertThat(weight(equalized, "block.conv1")).isEqualTo("block.conv1.weight/equalized");
      assertThat(weight(equalized, "block.conv2")).isEqualTo("block.conv2.weight/equalized");
      assertThat(Reference.of(graph, images, SCORING).drift(equalized).relativeError())
          .isLessThan(1e-9);
    }
  }

  @Test
  void activationsThatAreNotHomogeneousAreLeft() {
    OnnxGraph graph = SmallNetworks.efficient();
    try (CalibrationSet images = SmallNetworks.images("equalize", 4)) {
      assertThat(CrossLayerEqualization.of(graph, observe(graph, images))).isEmpty();
    }
  }

  private static Observations observe(OnnxGraph graph, CalibrationSet images) {
    return Observations.of(graph, Int8Plan.of(graph, Set.of()).quantizedValues(), images);
  }

  private static String weight(OnnxGraph graph, String name) {
    return graph.nodes().stream()
        .filter(node -> node.name().equals(name))
        .map(OnnxNode::inputs)
        .findFirst()
        .orElseThrow()
        .get(1);
  }

  /** Multiplies the channels that a layer gives by numbers from 1 to that. */
  private static void uneven(OnnxGraph graph, String layer, double most) {
    for (String part : new String[] {".weight", ".bias"}) {
      Tensor tensor = graph.initializer(layer + part).orElseThrow();
      float[] values = tensor.toFloats();
      int channels = (int) tensor.size(0);
      for (int i = 0; i < values.length; i++) {
        int c = i / (values.length / channels);
        values[i] *= (float) Math.pow(most, c / (channels - 1.0));
      }
      graph.setInitializer(layer + part, Tensor.of(values, tensor.shape()));
    }
  }

  private static double spread(float[] magnitudes) {
    double least = Double.POSITIVE_INFINITY;
    double greatest = 0;
    for (float magnitude : magnitudes) {
      least = magnitude > 0 ? Math.min(least, magnitude) : least;
      greatest = Math.max(greatest, magnitude);
    }
    return greatest / least;
  }
}
