package dev.lapidary.serve.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lapidary.serve.inference.ModelStatistics.Stages;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ServerTimingTest {
  @Test
  void partsAreMillisecondsWithThreeDecimals() {
    assertThat(ServerTiming.of(new Stages(0, 1_234_567, 12_000_499, 0)))
        .isEqualTo("decode;dur=1.235, queue;dur=0.000, run;dur=12.000");
  }

  @ParameterizedTest
  @ValueSource(
      longs = {0, 499, 500, 9_499, 99_500, 999_499, 999_500, 1_000_000, 3_600_050_001_499L})
  void theyAreRoundedAsFormatRounds(long nanos) {
    assertThat(ServerTiming.of(new Stages(0, nanos, 0, 0)))
        .startsWith(String.format(Locale.ROOT, "decode;dur=%.3f,", nanos / 1e6));
  }
}
