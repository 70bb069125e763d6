package dev.lapidary.exporter.quantize;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LatencyTest {
  /** Apart is how models are measured that would not fit in memory together. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void bothModelsAreMeasured(boolean apart) {
    try (CalibrationSet images = SmallNetworks.images("latency", 1)) {
      Latency latency =
          Latency.of(SmallNetworks.residual(), SmallNetworks.transformer(), images, apart);
      assertThat(latency.floatMillis()).isPositive();
      assertThat(latency.quantizedMillis()).isPositive();
      assertThat(latency.speedup() * latency.quantizedMillis())
          .isCloseTo(latency.floatMillis(), org.assertj.core.data.Offset.offset(1e-9));
    }
  }
}
