package dev.lapidary.serve.http;

import io.micronaut.http.HttpHeaders;
import io.micronaut.http.MutableHttpResponse;
import java.time.Duration;

/**
 * When a client that was refused may try again: in {@code Retry-After} (RFC 9110 section 10.2.3) in
 * whole seconds, and in {@code retry-after-ms}, which clients of OpenAI and Azure read, to the
 * millisecond, since most waits are shorter than a second.
 */
final class RetryAfter {
  static final String MILLIS = "retry-after-ms";

  /** Where nothing is known yet of the time that the others take. */
  static final Duration UNKNOWN = Duration.ofSeconds(1);

  private static final Duration MIN = Duration.ofMillis(10);
  private static final Duration MAX = Duration.ofMinutes(1);

  private RetryAfter() {}

  /**
   * Within reason.
   *
   * @param backlogNanos 0 if nobody knows
   */
  static Duration of(long backlogNanos) {
    return backlogNanos <= 0
        ? UNKNOWN
        : Duration.ofNanos(Math.max(MIN.toNanos(), Math.min(MAX.toNanos(), backlogNanos)));
  }

  static void say(MutableHttpResponse<?> response, Duration wait) {
    response
        .header(HttpHeaders.RETRY_AFTER, Long.toString(seconds(wait)))
        .header(MILLIS, Long.toString(wait.toMillis()));
  }

  /**
   * The whole seconds that are nearest by their ratio: from 1 s on more than √2 times too long or
   * too short is never said. At least 1, since 0 means at once.
   */
  static long seconds(Duration wait) {
    double exact = wait.toNanos() / 1e9;
    return Math.max(1, (long) (0.5 + Math.sqrt(0.25 + exact * exact)));
  }
}
