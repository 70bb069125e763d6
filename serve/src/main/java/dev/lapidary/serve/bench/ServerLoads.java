package dev.lapidary.serve.bench;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * How servers are loaded, and for how long.
 *
 * @param concurrencies clients that each have one request open
 * @param rates of requests a second that come whether they are answered or not
 * @param rounds each measures everything once
 * @param time of all rounds together, about
 * @param p99 the bound within which the highest rates are looked for, if they are
 */
public record ServerLoads(
    List<Integer> concurrencies,
    List<Double> rates,
    int rounds,
    Duration time,
    Optional<Duration> p99) {
  public ServerLoads {
    concurrencies = concurrencies.stream().distinct().sorted().toList();
    rates = rates.stream().distinct().sorted().toList();
  }

  /** Without a bound. */
  public ServerLoads(List<Integer> concurrencies, List<Double> rates, int rounds, Duration time) {
    this(concurrencies, rates, rounds, time, Optional.empty());
  }

  /** Time of one server under one load in one round. */
  Duration slice(int servers) {
    int loads = concurrencies.size() + rates.size();
    return time.dividedBy((long) rounds * servers * loads);
  }
}
