package dev.lapidary.core.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PairedProportionsTest {
  /** The first three are examples of Newcombe's paper, as its table prints method 10. */
  @ParameterizedTest
  @CsvSource({
    "36, 12, 2, 0, 0.20, 0.0569, 0.3404",
    "36, 14, 0, 0, 0.28, 0.1528, 0.4167",
    "1, 97, 1, 1, 0.96, 0.8737, 0.9850",
    "900, 20, 15, 65, 0.005, -0.0071, 0.0173",
    "4, 0, 0, 0, 0, -0.4899, 0.4899"
  })
  void theIntervalIsNewcombes(
      int both, int first, int second, int neither, double difference, double low, double high) {
    PairedProportions found = new PairedProportions(both, first, second, neither);
    assertThat(found.difference()).isCloseTo(difference, within(1e-12));
    assertThat(found.first() - found.second()).isCloseTo(difference, within(1e-12));
    assertThat(found.interval()[0]).isCloseTo(low, within(5e-5));
    assertThat(found.interval()[1]).isCloseTo(high, within(5e-5));
  }

  @Test
  void theOtherWayRoundIsTheMirrorImage() {
    double[] one = new PairedProportions(300, 17, 4, 60).interval();
    double[] other = new PairedProportions(300, 4, 17, 60).interval();
    assertThat(other[0]).isCloseTo(-one[1], within(1e-12));
    assertThat(other[1]).isCloseTo(-one[0], within(1e-12));
  }

  @Test
  void noImagesAreNoProportions() {
    assertThatThrownBy(() -> new PairedProportions(0, 0, 0, 0)).hasMessageContaining("no images");
    assertThatThrownBy(() -> new PairedProportions(1, -1, 0, 0)).hasMessageContaining("negative");
  }
}
