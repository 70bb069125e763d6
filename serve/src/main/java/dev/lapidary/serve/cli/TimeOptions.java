package dev.lapidary.serve.cli;

import dev.lapidary.core.cli.HelpSection;
import dev.lapidary.core.cli.OptionRange;
import dev.lapidary.serve.http.ServerSettings;
import java.time.Duration;
import java.util.Optional;
import picocli.CommandLine.Option;

/** How long {@code serve run} waits for whom. */
final class TimeOptions {
  @Option(
      names = "--deadline-ms",
      paramLabel = "MS",
      description = "for a request without X-Deadline-Ms, at most --max-deadline-ms; beyond it 504")
  private int deadlineMillis = millis(ServerSettings.Timeouts.DEFAULT.deadline());

  @Option(
      names = "--max-deadline-ms",
      paramLabel = "MS",
      description = "the longest that a request gets, whatever its X-Deadline-Ms says")
  private int maxDeadlineMillis = millis(ServerSettings.Timeouts.DEFAULT.maxDeadline());

  @Option(
      names = "--header-timeout-ms",
      paramLabel = "MS",
      description = "from a connection's beginning to its first request's whole header")
  private int headerMillis = millis(ServerSettings.Timeouts.DEFAULT.header());

  @Option(
      names = "--drain-delay-ms",
      paramLabel = "MS",
      description =
          "how long a stop still answers new requests while it is not ready, so that a load"
              + " balancer notices")
  private int drainMillis = millis(ServerSettings.Timeouts.DEFAULT.drainDelay());

  @Option(
      names = "--grace-ms",
      paramLabel = "MS",
      description = "how long a stop waits for accepted requests")
  private int graceMillis = millis(ServerSettings.Timeouts.DEFAULT.grace());

  static HelpSection section() {
    return HelpSection.of(
        "Times",
        "--deadline-ms",
        "--max-deadline-ms --header-timeout-ms --drain-delay-ms --grace-ms");
  }

  /**
   * @param objective is the deadline of requests without their own, if it is earlier
   * @param minBytesPerSecond of a body that is slow
   */
  ServerSettings.Timeouts timeouts(Optional<Duration> objective, int minBytesPerSecond) {
    ServerSettings.Timeouts standard = ServerSettings.Timeouts.DEFAULT;
    Duration maximum = millis("--max-deadline-ms", maxDeadlineMillis, 86_400_000);
    Duration told = earlier(millis("--deadline-ms", deadlineMillis, 86_400_000), maximum);
    return standard
        .withDeadlines(maximum, objective.map(p99 -> earlier(told, p99)).orElse(told))
        .withReading(
            millis("--header-timeout-ms", headerMillis, 3_600_000),
            standard.bodyGrace(),
            minBytesPerSecond)
        .withStop(
            Duration.ofMillis(OptionRange.notNegative("--drain-delay-ms", drainMillis)),
            Duration.ofMillis(OptionRange.notNegative("--grace-ms", graceMillis)));
  }

  private static Duration millis(String option, int value, int max) {
    return Duration.ofMillis(OptionRange.within(option, value, 1, max));
  }

  private static Duration earlier(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }

  private static int millis(Duration time) {
    return (int) time.toMillis();
  }
}
