package dev.lapidary.serve.cli;

import dev.lapidary.core.cli.HelpSection;
import dev.lapidary.core.cli.OptionRange;
import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.fetch.WeightsCache;
import dev.lapidary.runtime.batch.BatchPolicy;
import dev.lapidary.runtime.batch.Batcher;
import dev.lapidary.serve.admission.PriorityLevels;
import dev.lapidary.serve.http.ServerSettings;
import java.time.Duration;
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

  @Option(
      names = "--priority-levels",
      paramLabel = "N",
      description =
          "requests have a priority of 1, which goes first and is refused last, to N: the parameter"
              + " priority of infer, or X-Priority; 0: all are equal")
  private int priorityLevels;

  @Option(
      names = "--default-priority-level",
      paramLabel = "K",
      description = "with --priority-levels: of a request that names none")
  private Optional<Integer> defaultPriority = Optional.empty();

  static HelpSection section() {
    return HelpSection.of(
        "Batches",
        "--batching --slo-p99 --max-batch --max-delay-ms",
        "--priority-levels --default-priority-level");
  }

  /**
   * Empty if all requests are equal.
   *
   * @throws Failure (exit 2) if what one gets that names none is not one of them
   */
  Optional<PriorityLevels> priorities() {
    int maximum = Batcher.LOWEST_PRIORITY - 1; // which is that of copies for a shadow
    OptionRange.within("--priority-levels", priorityLevels, 0, maximum);
    if (priorityLevels == 0) {
      if (defaultPriority.isPresent()) {
        throw Failure.badInput(
            "--default-priority-level is one of the --priority-levels, and there are none; add"
                + " --priority-levels N");
      }
      return Optional.empty();
    }
    if (defaultPriority.isEmpty()) {
      throw Failure.badInput(
          "--priority-levels %d needs the level of requests that name none; add"
              + " --default-priority-level K, one of 1..%d",
          priorityLevels, priorityLevels);
    }
    int usual =
        OptionRange.within("--default-priority-level", defaultPriority.get(), 1, priorityLevels);
    return Optional.of(new PriorityLevels(priorityLevels, usual));
  }

  BatchPolicy policy() {
    return new BatchPolicy(
        OptionRange.within("--max-batch", maxBatch, 1, 4096),
        Duration.ofMillis(OptionRange.notNegative("--max-delay-ms", maxDelayMillis)));
  }

  /** The objective of the plans, which is the deadline of requests without their own. */
  Optional<Duration> p99() {
    return sloMillis.map(
        ms -> Duration.ofMillis(OptionRange.within("--slo-p99", ms, 1, 3_600_000)));
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
        announce,
        Optional.empty());
  }
}
