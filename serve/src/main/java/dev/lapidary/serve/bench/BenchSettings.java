package dev.lapidary.serve.bench;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What is measured, and for how long.
 *
 * @param batchSizes in-process; 1 is always among them, first, since all are compared with it
 * @param concurrencies over HTTP: clients that each send one image at a time
 * @param rounds each measures everything once
 * @param time of all rounds together, about
 * @param p99 the bound within which the highest rates are looked for, if they are
 */
public record BenchSettings(
    List<Integer> batchSizes,
    List<Integer> concurrencies,
    int rounds,
    Duration time,
    Optional<Duration> p99) {
  public BenchSettings {
    batchSizes = Stream.concat(Stream.of(1), batchSizes.stream()).distinct().sorted().toList();
    concurrencies = concurrencies.stream().distinct().sorted().toList();
  }

  int largestBatch() {
    return batchSizes.get(batchSizes.size() - 1);
  }

  /** Time of one contender in one round, at least one call long. */
  Duration slice(int contenders) {
    return time.dividedBy((long) rounds * contenders);
  }
}
