package dev.lapidary.serve.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class GainTest {
  @Test
  void isTheGeometricMeanWithStudentsInterval() {
    Gain gain = Gain.of(List.of(2.0, 8.0), List.of(1.0, 1.0));
    // ln 2 and ln 8: mean ln 4, deviation ln 4 / sqrt 2, so half = 12.706 ln 2.
    assertThat(gain.ratio()).isCloseTo(4, within(1e-9));
    assertThat(Math.log(gain.high() / 4)).isCloseTo(12.706 * Math.log(2), within(1e-9));
    assertThat(Math.log(4 / gain.low())).isCloseTo(12.706 * Math.log(2), within(1e-9));
    assertThat(gain.verdict()).isEqualTo("no gain");
  }

  @Test
  void saysGainOrSlowerOnlyIfTheIntervalLeavesOutOne() {
    List<Double> base = List.of(100.0, 90.0, 110.0, 100.0, 95.0);
    List<Double> twice = List.of(200.0, 181.0, 219.0, 202.0, 190.0);
    List<Double> noisy = List.of(130.0, 80.0, 115.0, 90.0, 120.0);
    assertThat(Gain.of(twice, base).verdict()).isEqualTo("gain");
    assertThat(Gain.of(base, twice).verdict()).isEqualTo("slower");
    assertThat(Gain.of(noisy, base).verdict()).isEqualTo("no gain");
    assertThat(Gain.of(base, base).verdict()).isEqualTo("no gain");
    assertThat(Gain.of(base, base).text()).isEqualTo("x1.00 [1.00, 1.00] no gain");
  }
}
