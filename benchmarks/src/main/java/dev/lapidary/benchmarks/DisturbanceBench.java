package dev.lapidary.benchmarks;

import dev.lapidary.core.failure.Phrase;
import dev.lapidary.serve.bench.Disturbance;
import dev.lapidary.serve.bench.DisturbedBenchmark;
import dev.lapidary.serve.bench.DisturbedBenchmark.Report;
import dev.lapidary.serve.bench.DisturbedBenchmark.Share;
import dev.lapidary.serve.bench.GeometricMean;
import dev.lapidary.serve.bench.Questions;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** What slow and hostile clients take from others: goodput and p99, beside those without them. */
final class DisturbanceBench {
  private static final int ROUNDS = 5;

  private DisturbanceBench() {}

  /** 256 slow clients of each kind, beside eight that ask as they should. */
  static void slow(ServerChild server, Questions questions) throws Exception {
    say(
        new DisturbedBenchmark(questions, 8, ROUNDS, Duration.ofSeconds(4), System.err::println)
            .run(server.uri(), SlowClients.kinds()));
  }

  /** Two clients, so that the p99 is of a server that has time to answer. */
  static void hostile(ServerChild server, Questions questions) throws Exception {
    List<Disturbance> hostile = List.of(new HostileClients());
    say(
        new DisturbedBenchmark(questions, 2, 7, Duration.ofSeconds(8), System.err::println)
            .run(server.uri(), hostile));
  }

  private static void say(Report report) {
    line(
        "%-50s %7.1f ms p99, %d answered",
        "alone:", report.alone().p99Millis(), report.alone().answered());
    for (Share share : report.beside()) {
      line(
          "%-50s goodput x%s, p99 x%s; %d answered, %d refused, %d failed",
          share.name() + ":",
          interval(share.rate()),
          interval(share.p99()),
          share.load().answered(),
          share.load().refused(),
          share.load().failed());
    }
  }

  private static String interval(GeometricMean ratio) {
    return Phrase.of("%.3f [%.3f, %.3f]", ratio.mean(), ratio.low(), ratio.high());
  }

  private static void line(String format, Object... arguments) {
    System.out.println(String.format(Locale.ROOT, format, arguments));
  }
}
