package dev.lapidary.trainer.run.planning;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class NetworkAdviceTest {
  @Test
  void aLongRunIsToldOfNetworksWithLessWork() {
    assertThat(NetworkAdvice.of("resnet50", 10, true, 4).orElseThrow())
        .startsWith("4.0 hours of training; networks with less work an image: ")
        // 1.81 of 4.09 thousand million multiply-adds
        .contains("resnet18 (about 1.8 h)");
  }

  @Test
  void aShortOneOfLargerNetworksThatEndWithinAnHour() {
    assertThat(NetworkAdvice.of("resnet18", 10, true, 0.2).orElseThrow())
        .startsWith("0.20 hours of training; there is time for a larger network")
        .contains("resnet50 (about 0.45 h)");
  }

  @Test
  void nothingIsSaidWithoutReason() {
    assertThat(NetworkAdvice.of("resnet18", 10, true, 0.5)).isEmpty();
    assertThat(NetworkAdvice.of("resnet18", 10, false, 0.2)).isEmpty();
    assertThat(NetworkAdvice.of("SomeNet", 10, true, 9)).isEmpty();
  }
}
