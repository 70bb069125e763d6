package dev.lapidary.serve.cli;

import dev.lapidary.core.cli.HelpSection;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.fetch.WeightsCache;
import dev.lapidary.runtime.batch.BatchPolicy;
import dev.lapidary.serve.http.ServerSettings;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import picocli.CommandLine.Option;

/** How {@code serve run} puts images together. */
final class BatchOptions {
  /** Before it measures; a client that comes now and then is not slowed by it. */
  private static final Duration IDLE = Duration.ofSeconds(2);

  /** How batches are made. */
  enum Batching {
    auto,
    fixed
  }

  @Option(names = "--max-batch", paramLabel = "N", description = "the most images in one run")
  private int maxBatch = 32;

  @Option(
      names = "--max-delay-ms",
      paramLabel = "MS",
      description =
          "how long an image may wait for its batch to fill; 0: a free network runs"
              + " what has queued, at once")
  private int maxDelayMillis;

  @Option(
      names = "--batching",
      paramLabel = "HOW",
      description =
          "auto: batches up to --max-batch, and whether several run at a time, as the network's"
              + " latency curve says, measured when nothing is asked and kept; fixed: whatever has"
              + " queued, one batch at a time")
  private Batching batching = Batching.auto;

  @Option(
      names = "--slo-p99",
      paramLabel = "MS",
      description =
          "with --batching auto: of 100 requests 99 are to be answered within so long; what would"
              + " be late is refused with 504, and batches are as large as that allows")
  private Optional<Integer> sloMillis = Optional.empty();

  static HelpSection section() {
    return new HelpSection(
        "Batches", List.of("--batching", "--slo-p99", "--max-batch", "--max-delay-ms"), List.of());
  }

  BatchPolicy policy() {
    return new BatchPolicy(
        Ranges.positive("--max-batch", maxBatch, 4096),
        Duration.ofMillis(Ranges.notNegative("--max-delay-ms", maxDelayMillis)));
  }

  /** The objective of the plans, which is the deadline of requests without their own. */
  Optional<Duration> p99() {
    return sloMillis.map(ms -> Duration.ofMillis(Ranges.positive("--slo-p99", ms, 3_600_000)));
  }

  /**
   * @param severalExecutors whether the user leaves the threads of a run to the server
   * @param announce is told a line a plan
   */
  ServerSettings.Tuning tuning(boolean severalExecutors, Consumer<String> announce) {
    if (batching == Batching.fixed && sloMillis.isPresent()) {
      throw Failure.badInput("--slo-p99 is what --batching auto works towards, not fixed");
    }
    return new ServerSettings.Tuning(
        batching == Batching.auto,
        severalExecutors,
        p99(),
        IDLE,
        WeightsCache.userFolder().resolve("curves"),
        announce);
  }
}
