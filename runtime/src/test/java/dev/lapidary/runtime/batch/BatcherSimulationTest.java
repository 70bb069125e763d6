package dev.lapidary.runtime.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.lapidary.runtime.tune.BatchPlan;
import dev.lapidary.runtime.tune.LatencyCurve;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The plan that is made of a network's curves, against what people set by hand: one image a run,
 * whatever has queued, and a delay; by one run of all threads or several of one thread. Whatever
 * comes, it is at most 5 % worse than the best of them.
 */
class BatcherSimulationTest {
  private static final double WORSE = 1.05;
  private static final int ARRIVALS = 6000;
  private static final int ANSWERS = 2000;
  private static final Path RECORDED = Path.of("src/test/resources/dev/lapidary/runtime/batch");
  private static final List<Integer> SIZES = List.of(1, 2, 4, 8, 16, 32);

  /** Of one network: a run of all threads, and several of one thread where that is possible. */
  record Curves(List<LatencyCurve> all) {
    LatencyCurve wide() {
      return all.get(0);
    }

    double bestPerSecond() {
      return all.stream()
          .flatMap(c -> c.nanosBySize().keySet().stream().map(c::imagesPerSecond))
          .max(Double::compare)
          .orElseThrow();
    }

    BatcherSimulation.Form planned() {
      BatchPlan plan = BatchPlan.of(all, Optional.empty());
      LatencyCurve chosen =
          all.stream().filter(c -> c.executors() == plan.executors()).findFirst().orElseThrow();
      Optional<LatencyCurve> idle =
          plan.idleThreads() > plan.threads() ? Optional.of(wide()) : Optional.empty();
      return new BatcherSimulation.Form(chosen, idle, wide().threads(), plan.policy());
    }

    List<BatcherSimulation.Form> byHand() {
      List<BatcherSimulation.Form> forms = new ArrayList<>();
      for (LatencyCurve curve : all) {
        Duration one = Duration.ofNanos(curve.single());
        for (BatchPolicy policy :
            List.of(
                BatchPolicy.greedy(1),
                BatchPolicy.greedy(32),
                new BatchPolicy(8, one.dividedBy(4)),
                new BatchPolicy(8, one),
                new BatchPolicy(32, one.multipliedBy(2)))) {
          forms.add(new BatcherSimulation.Form(curve, Optional.empty(), wide().threads(), policy));
        }
      }
      return forms;
    }
  }

  /** A fixed cost a run, and one an image. */
  private static Curves linear(int processors, double fixedMillis, double eachMillis) {
    TreeMap<Integer, Long> times = new TreeMap<>();
    SIZES.forEach(size -> times.put(size, Math.round((fixedMillis + eachMillis * size) * 1e6)));
    return new Curves(List.of(new LatencyCurve(1, processors, times)));
  }

  /** Two runs of one thread beside one of two, without a fixed cost. */
  private static Curves several(double wideMillis, double narrowMillis) {
    TreeMap<Integer, Long> wide = new TreeMap<>();
    TreeMap<Integer, Long> narrow = new TreeMap<>();
    for (int size : SIZES) {
      wide.put(size, Math.round(wideMillis * 1e6 * size));
      narrow.put(size, Math.round(narrowMillis * 1e6 * size));
    }
    return new Curves(List.of(new LatencyCurve(1, 2, wide), new LatencyCurve(2, 1, narrow)));
  }

  private static Curves steps(long... micros) {
    TreeMap<Integer, Long> times = new TreeMap<>();
    for (int i = 0; i < micros.length; i++) {
      times.put(SIZES.get(i), micros[i] * 1000);
    }
    return new Curves(List.of(new LatencyCurve(1, 1, times)));
  }

  /** Lines as the server keeps them: executors, threads, images, nanoseconds. */
  private static Curves recorded(Path file) {
    Map<List<Integer>, TreeMap<Integer, Long>> times = new LinkedHashMap<>();
    try {
      for (String line : Files.readAllLines(file)) {
        String[] words = line.split(" ");
        times
            .computeIfAbsent(
                List.of(Integer.parseInt(words[0]), Integer.parseInt(words[1])),
                run -> new TreeMap<>())
            .put(Integer.parseInt(words[2]), Long.parseLong(words[3]));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    List<LatencyCurve> all = new ArrayList<>();
    times.forEach((run, nanos) -> all.add(new LatencyCurve(run.get(0), run.get(1), nanos)));
    return new Curves(all);
  }

  /** Those of networks that a server has measured, and such as other machines have. */
  private static Stream<Arguments> curves() throws IOException {
    Stream.Builder<Arguments> all = Stream.builder();
    try (Stream<Path> files = Files.list(RECORDED)) {
      List<Path> curves = files.filter(f -> f.toString().endsWith(".curves")).sorted().toList();
      assertThat(curves).hasSizeGreaterThan(1);
      curves.forEach(file -> all.add(Arguments.of(file.getFileName(), recorded(file))));
    }
    return all.add(Arguments.of("a fixed cost as on a GPU", linear(1, 5, 0.25)))
        .add(Arguments.of("a large fixed cost", linear(1, 20, 1)))
        .add(Arguments.of("a fixed cost", linear(2, 1, 1)))
        .add(Arguments.of("a small fixed cost", linear(2, 0.3, 1)))
        .add(Arguments.of("no fixed cost", linear(2, 0, 1)))
        .add(Arguments.of("batches that cost", linear(2, -0.2, 1.2)))
        .add(Arguments.of("several runs that gain 4 %", several(4, 7.7)))
        .add(Arguments.of("several runs that gain 8 %", several(4, 7.4)))
        .add(Arguments.of("kinked", steps(5000, 5500, 6500, 8500, 14_000, 26_000)))
        .add(Arguments.of("stairs", steps(2000, 3900, 4000, 4100, 8100, 16_100)))
        .build();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("curves")
  void noFixedFormAnswersSooner(Object name, Curves curves) {
    List<String> worse = new ArrayList<>();
    BatcherSimulation.Form planned = curves.planned();
    for (double load : new double[] {0.05, 0.3, 0.6, 0.8, 0.95}) {
      for (int burst : new int[] {1, 6, 32}) {
        long[] arrivals = arrivals(load * curves.bestPerSecond(), burst);
        double own = BatcherSimulation.open(planned, arrivals).meanNanos();
        for (BatcherSimulation.Form form : curves.byHand()) {
          double other = BatcherSimulation.open(form, arrivals).meanNanos();
          if (own > WORSE * other) {
            worse.add(
                "%s at %.2f of the best rate in bursts of up to %d: %.2f ms, but %.2f of %s"
                    .formatted(planned, load, burst, own / 1e6, other / 1e6, form));
          }
        }
      }
    }
    assertThat(worse).as(name.toString()).isEmpty();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("curves")
  void noFixedFormAnswersMoreClients(Object name, Curves curves) {
    List<String> worse = new ArrayList<>();
    BatcherSimulation.Form planned = curves.planned();
    Duration pause = Duration.ofNanos(curves.wide().single() / 10);
    for (int clients : new int[] {1, 2, 3, 8, 64}) {
      double own = BatcherSimulation.closed(planned, clients, pause, ANSWERS).perSecond();
      for (BatcherSimulation.Form form : curves.byHand()) {
        double other = BatcherSimulation.closed(form, clients, pause, ANSWERS).perSecond();
        if (WORSE * own < other) {
          worse.add(
              "%s for %d clients: %.1f a second, but %.1f of %s"
                  .formatted(planned, clients, own, other, form));
        }
      }
    }
    assertThat(worse).as(name.toString()).isEmpty();
  }

  /** Poisson, of bursts of up to so many. */
  private static long[] arrivals(double perSecond, int burst) {
    return arrivals(perSecond, burst, ARRIVALS);
  }

  private static long[] arrivals(double perSecond, int burst, int number) {
    Random random = new Random(7);
    List<Long> all = new ArrayList<>();
    double now = 0;
    while (all.size() < number) {
      int count = 1 + random.nextInt(burst);
      now -= Math.log(1 - random.nextDouble()) * 1e9 / perSecond * (1 + burst) / 2;
      for (int i = 0; i < count; i++) {
        all.add((long) now);
      }
    }
    return all.stream().mapToLong(Long::longValue).toArray();
  }

  /** One executor, one image a run, arrivals at random: M/D/1, whose mean wait is known. */
  @ParameterizedTest
  @ValueSource(doubles = {0.3, 0.6, 0.8})
  void itKnowsPollaczekAndKhinchin(double load) {
    Curves one = linear(1, 0, 1);
    double expected = 1e6 * (1 + load / (2 * (1 - load)));
    double mean =
        BatcherSimulation.open(one.byHand().get(0), arrivals(load * 1000, 1, 40_000)).meanNanos();
    assertThat(mean).isCloseTo(expected, within(0.06 * expected));
  }

  /**
   * One executor, one image a run, two priorities: Cobham, "Priority assignment in waiting line
   * problems", 1954. With R = ρ s / 2, which a run that has begun still takes, the first waits R /
   * (1 - ρ₁), the second R / ((1 - ρ₁)(1 - ρ)), whose priority makes nobody's run shorter.
   */
  @ParameterizedTest
  @ValueSource(doubles = {0.3, 0.6, 0.8})
  void itKnowsCobham(double load) {
    Curves one = linear(1, 0, 1);
    Random random = new Random(3);
    int[] aFourth = IntStream.range(0, 40_000).map(i -> random.nextInt(4) == 0 ? 1 : 2).toArray();
    double first = load / 4;
    double rest = load / 2 * 1e6;
    double[] means =
        BatcherSimulation.means(one.byHand().get(0), arrivals(load * 1000, 1, 40_000), aFourth);
    double soon = 1e6 + rest / (1 - first);
    double late = 1e6 + rest / ((1 - first) * (1 - load));
    assertThat(means[0]).isCloseTo(soon, within(0.06 * soon));
    assertThat(means[1]).isCloseTo(late, within(0.08 * late));
  }

  /** Of three times what the network can do, a sixth with the first priority waits for one run. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("curves")
  void whatHasPriorityDoesNotNoticeTheOverload(Object name, Curves curves) {
    int[] everySixth = {1, 2, 2, 2, 2, 2};
    BatcherSimulation.Form planned = curves.planned();
    double[] means =
        BatcherSimulation.means(
            planned, arrivals(3 * curves.bestPerSecond(), 1, ARRIVALS), everySixth);
    double longest = curves.all().stream().mapToDouble(c -> c.nanos(32)).max().orElseThrow();
    assertThat(means[0]).as(name.toString()).isLessThan(3 * longest);
    assertThat(means[1]).as("which starve").isGreaterThan(10 * means[0]);
  }

  /** A rule that is wrong by more than 5 % is seen to be. */
  @Test
  void itTellsABadRule() {
    Curves gpu = linear(1, 5, 0.25);
    long[] arrivals = arrivals(0.6 * gpu.bestPerSecond(), 1);
    double own = BatcherSimulation.open(gpu.planned(), arrivals).meanNanos();
    assertThat(BatcherSimulation.open(gpu.byHand().get(0), arrivals).meanNanos())
        .as("one image a run")
        .isGreaterThan(10 * own);
    assertThat(BatcherSimulation.open(gpu.byHand().get(4), arrivals).meanNanos())
        .as("a delay")
        .isGreaterThan(WORSE * own);
  }
}
