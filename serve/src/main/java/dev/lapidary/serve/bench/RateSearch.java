package dev.lapidary.serve.bench;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Looks for the highest rate of each server at which 99 of 100 requests are answered within a
 * bound, by halving, the servers in turn. What is refused or fails is not answered within it.
 */
final class RateSearch {
  private static final int STEPS = 6;
  private static final int CLIENTS = 16;
  private static final double ABOVE_CLOSED = 1.25;
  private static final double WITHIN = 0.99;

  private final Duration bound;
  private final Duration time;
  private final Consumer<String> progress;

  /**
   * @param time of all servers and steps together, about
   */
  RateSearch(Duration bound, Duration time, Consumer<String> progress) {
    this.bound = bound;
    this.time = time;
    this.progress = progress;
  }

  /** What is known of one server. */
  private static final class Bracket {
    private final Sending sending;
    private double low;
    private double high;
    private Optional<BenchReport.Load> load = Optional.empty();

    Bracket(Sending sending, double high) {
      this.sending = sending;
      this.high = high;
    }

    HighestRate reported(Duration bound) {
      return new HighestRate(
          sending.server(),
          bound.toNanos() / 1e6,
          low,
          high,
          load.map(BenchReport.Load::p99Millis).orElse(0.0),
          load.map(BenchReport.Load::p99Supported).orElse(false),
          load.map(BenchReport.Load::answered).orElse(0L));
    }
  }

  List<HighestRate> of(List<Sending> servers) throws Exception {
    Duration step = time.dividedBy((STEPS + 1L) * servers.size());
    List<Bracket> brackets = new ArrayList<>();
    for (Sending server : servers) {
      Samples closed = new Samples();
      new ClosedLoop(server, CLIENTS).measure(step, closed);
      brackets.add(new Bracket(server, ABOVE_CLOSED * closed.load().imagesPerSecond()));
    }
    for (int i = 1; i <= STEPS; i++) {
      progress.accept("highest rate: step %d of %d".formatted(i, STEPS));
      for (Bracket bracket : brackets) {
        halve(bracket, step, i);
      }
    }
    return brackets.stream().map(bracket -> bracket.reported(bound)).toList();
  }

  private void halve(Bracket bracket, Duration step, long seed) throws Exception {
    double rate = (bracket.low + bracket.high) / 2;
    Samples samples = new Samples();
    new OpenLoop(bracket.sending, rate, seed).measure(step, samples);
    if (samples.shareWithin(bound.toNanos()) >= WITHIN) {
      bracket.low = rate;
      bracket.load = Optional.of(samples.load());
    } else {
      bracket.high = rate;
    }
  }
}
