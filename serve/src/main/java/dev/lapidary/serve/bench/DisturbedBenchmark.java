package dev.lapidary.serve.bench;

import dev.lapidary.core.failure.Failure;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.Consumer;

/**
 * What disturbances take from a server's clients: the same closed loop without any and beside each,
 * in turn in each round, there and back, and compared round by round.
 */
public final class DisturbedBenchmark {
  /** A disturbance has begun in earnest by then, and a server has rid itself of the last one. */
  private static final long SETTLE_MILLIS = 1500;

  private final Questions questions;
  private final int clients;
  private final int rounds;
  private final Duration slice;
  private final Consumer<String> progress;

  /**
   * @param clients that ask again once they are answered
   * @param rounds at least two
   * @param slice of one disturbance in one round
   */
  public DisturbedBenchmark(
      Questions questions, int clients, int rounds, Duration slice, Consumer<String> progress) {
    this.questions = questions;
    this.clients = clients;
    this.rounds = rounds;
    this.slice = slice;
    this.progress = progress;
  }

  /**
   * Beside one disturbance.
   *
   * @param load of all rounds
   * @param rate answers a second, over those without it
   * @param p99 over that without it
   */
  public record Share(String name, BenchReport.Load load, GeometricMean rate, GeometricMean p99) {}

  /**
   * @param alone of all rounds, without a disturbance
   */
  public record Report(BenchReport.Load alone, List<Share> beside) {}

  /**
   * @throws Failure (exit 1) if the server answers none in a whole slice
   */
  public Report run(URI server, List<Disturbance> disturbances) throws Exception {
    RequestSet requests = questions.to(server);
    List<OptionalInt> unknown =
        Collections.nCopies(requests.requests().size(), OptionalInt.empty());
    ClosedLoop loop = new ClosedLoop(new Sending(server.toString(), requests, unknown), clients);
    progress.accept("warming up");
    loop.measure(slice, new Samples());
    Samples alone = new Samples();
    Map<Disturbance, Samples> beside = new LinkedHashMap<>();
    disturbances.forEach(each -> beside.put(each, new Samples()));
    List<Disturbance> order = new ArrayList<>(disturbances);
    for (int round = 1; round <= rounds; round++) {
      progress.accept("round %d of %d".formatted(round, rounds));
      measure(loop, alone);
      for (Disturbance each : order) {
        Disturbance.Running running = each.begin(server);
        try {
          measure(loop, beside.getOrDefault(each, alone));
        } finally {
          running.end();
        }
      }
      Collections.reverse(order);
    }
    List<Share> shares = new ArrayList<>();
    beside.forEach((each, own) -> shares.add(share(each.name(), own, alone)));
    return new Report(alone.load(), shares);
  }

  private void measure(ClosedLoop loop, Samples samples) throws Exception {
    Thread.sleep(SETTLE_MILLIS);
    if (!new Sampled(loop, samples).measure(slice)) {
      throw Failure.failed("the server answered no request in %d ms", slice.toMillis());
    }
  }

  private static Share share(String name, Samples own, Samples alone) {
    return new Share(
        name,
        own.load(),
        GeometricMean.ofRatios(own.rates(), alone.rates()),
        GeometricMean.ofRatios(own.p99s(), alone.p99s()));
  }
}
