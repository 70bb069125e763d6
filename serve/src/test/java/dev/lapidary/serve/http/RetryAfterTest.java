package dev.lapidary.serve.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.micronaut.http.HttpResponse;
import io.micronaut.http.MutableHttpResponse;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class RetryAfterTest {
  @Test
  void wholeSecondsAreTheNearestByTheirRatio() {
    assertThat(seconds(1)).isEqualTo(1);
    assertThat(seconds(400)).isEqualTo(1);
    assertThat(seconds(1400)).isEqualTo(1);
    assertThat(seconds(1430)).isEqualTo(2);
    assertThat(seconds(2440)).isEqualTo(2);
    assertThat(seconds(2460)).isEqualTo(3);
    assertThat(seconds(60_000)).isEqualTo(60);
  }

  /** Well within a factor of two of any wait that whole seconds can tell. */
  @Test
  void noWaitFromASecondOnIsToldWrongByMoreThanTheRootOfTwo() {
    for (long millis = 1000; millis <= 60_000; millis += 7) {
      double ratio = 1000.0 * seconds(millis) / millis;
      assertThat(ratio).isBetween(1 / 1.4143, 1.4143);
    }
  }

  private static long seconds(long millis) {
    return RetryAfter.seconds(Duration.ofMillis(millis));
  }

  @Test
  void saysBothHeaders() {
    MutableHttpResponse<byte[]> response = HttpResponse.ok();
    RetryAfter.say(response, Duration.ofNanos(340_900_000));
    assertThat(response.getHeaders().get("Retry-After")).isEqualTo("1");
    assertThat(response.getHeaders().get("retry-after-ms")).isEqualTo("340");
  }

  @Test
  void staysWithinReason() {
    assertThat(RetryAfter.of(0)).isEqualTo(Duration.ofSeconds(1)); // nobody knows
    assertThat(RetryAfter.of(3)).isEqualTo(Duration.ofMillis(10));
    assertThat(RetryAfter.of(340_900_000)).isEqualTo(Duration.ofNanos(340_900_000));
    assertThat(RetryAfter.of(Long.MAX_VALUE)).isEqualTo(Duration.ofMinutes(1));
  }
}
