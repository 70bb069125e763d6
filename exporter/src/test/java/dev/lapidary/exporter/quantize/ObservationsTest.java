package dev.lapidary.exporter.quantize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Uniform;
import dev.lapidary.exporter.onnx.OnnxGraph;
import dev.lapidary.exporter.onnx.OnnxNode;
import dev.lapidary.exporter.onnx.ValueInfo;
import dev.lapidary.torchscript.graph.SymInt;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
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

  /** Features follow each other, and a scalar a row is one of no channel. */
  @Test
  void rowsAndScalarsHaveTheirSumsToo() {
    ChannelSums rows = ChannelSums.of(new float[] {1, -2, 3, 4, 5, -6, 99}, new long[] {1, 2, 3});
    assertThat(rows.means()).containsExactly(5 / 2.0, 3 / 2.0, -3 / 2.0);
    assertThat(rows.magnitudes()).containsExactly(4, 5, 6);
    assertThat(rows.low()).isEqualTo(-6);
    assertThat(rows.high()).isEqualTo(5);
    ChannelSums none = ChannelSums.of(new float[] {7, -8}, new long[] {2});
    assertThat(none.means()).isEmpty();
    assertThat(none.low()).isEqualTo(-8);
    assertThat(none.high()).isEqualTo(7);
  }

  /** Wherever it stands, among any number of channels. */
  @ParameterizedTest
  @ValueSource(ints = {1, 3, 4, 5})
  void whatIsNotFiniteIsNamed(int channels) {
    for (float bad : new float[] {Float.NaN, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY}) {
      for (int at = 0; at < channels * HEIGHT * WIDTH; at += 7) {
        try (CalibrationSet images = new CalibrationSet(channels, HEIGHT, WIDTH)) {
          float[] values = values(0, images.imageLength());
          values[at] = bad;
          images.add(values);
          assertThatThrownBy(() -> Observations.of(graph(channels), Set.of("input"), images))
              .isInstanceOf(Failure.class)
              .hasMessage(
                  "cannot calibrate: a value is %s of input in the float model; int8 cannot hold it,"
                      + " see which image or weight makes it",
                  bad);
        }
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
