package dev.lapidary.exporter.quantize;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import dev.lapidary.exporter.onnx.ValueInfo;
import dev.lapidary.torchscript.graph.SymInt;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ObservationsTest {
  private static final int HEIGHT = 3;
  private static final int WIDTH = 5;
  private static final int IMAGES = 3;

  /** Channels are summed side by side, each as if it were alone: to the last bit. */
  @ParameterizedTest
  @ValueSource(ints = {1, 3, 4, 5, 11})
  void eachChannelHasItsOwnSumAndMagnitude(int channels) {
    double[] sums = new double[channels];
    float[] magnitudes = new float[channels];
    try (CalibrationSet images = new CalibrationSet(channels, HEIGHT, WIDTH)) {
      for (int image = 0; image < IMAGES; image++) {
        float[] values = values(image, images.imageLength());
        images.add(values);
        for (int c = 0; c < channels; c++) {
          double sum = 0;
          for (int i = c * HEIGHT * WIDTH; i < (c + 1) * HEIGHT * WIDTH; i++) {
            sum += values[i];
            magnitudes[c] = Math.max(magnitudes[c], Math.abs(values[i]));
          }
          sums[c] += sum;
        }
      }
      Observations seen = Observations.of(graph(channels), Set.of("input"), images);
      assertThat(seen.channelMagnitudes("input")).containsExactly(magnitudes);
      double[] means = seen.channelMeans("input");
      assertThat(means).hasSize(channels);
      for (int c = 0; c < channels; c++) {
        assertThat(means[c]).isEqualTo(sums[c] / (IMAGES * HEIGHT * WIDTH));
      }
    }
  }

  /** Some are 0, as behind a Relu; the last one is the greatest, where no half ends. */
  private static float[] values(int image, int count) {
    double[] u = Uniform.u("observations/" + image, count);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = i % 3 == 0 ? 0 : (float) u[i];
    }
    values[count - 1] = -3;
    return values;
  }

  private static OnnxGraph graph(int channels) {
    OnnxGraph graph = new OnnxGraph("relu", 17);
    List<SymInt> shape =
        List.of(SymInt.BATCH, SymInt.of(channels), SymInt.of(HEIGHT), SymInt.of(WIDTH));
    graph.addInput(ValueInfo.of("input", DType.FLOAT32, shape));
    graph.add(new OnnxNode("relu", "Relu", List.of("input"), List.of("output"), Map.of()));
    graph.addOutput(ValueInfo.of("output", DType.FLOAT32, shape));
    return graph;
  }
}
