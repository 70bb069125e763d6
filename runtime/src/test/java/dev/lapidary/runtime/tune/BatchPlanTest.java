package dev.lapidary.runtime.tune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lapidary.runtime.batch.BatchPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BatchPlanTest {
  private static final long MICRO = 1000;
  private static final List<Integer> SIZES = List.of(1, 2, 4, 8, 16, 32);

  /** Of the shape that a convolutional network has on two cores, where batches gain nothing. */
  private static final LatencyCurve CONVOLUTIONS =
      curve(1, 2, 4100, 8150, 16_300, 32_200, 65_800, 134_000);

  private static final LatencyCurve CONVOLUTIONS_TWICE =
      curve(2, 1, 6900, 13_800, 27_500, 55_100, 112_000, 229_000);

  private static LatencyCurve curve(int executors, int threads, long... micros) {
    TreeMap<Integer, Long> times = new TreeMap<>();
    for (int i = 0; i < micros.length; i++) {
      times.put(SIZES.get(i), micros[i] * MICRO);
    }
    return new LatencyCurve(executors, threads, times);
  }

  /** A fixed cost a run, and one an image. */
  private static LatencyCurve linear(double fixed, double each) {
    TreeMap<Integer, Long> times = new TreeMap<>();
    SIZES.forEach(size -> times.put(size, Math.round((fixed + each * size) * 1e6)));
    return new LatencyCurve(1, 2, times);
  }

  private static BatchPlan plan(LatencyCurve... curves) {
    return BatchPlan.of(List.of(curves), Optional.empty());
  }

  @Test
  void batchingIsOffWhereItGainsNothing() {
    BatchPlan plan = plan(curve(1, 2, 4100, 8200, 16_400, 33_000, 66_800, 136_000));
    assertThat(plan.reason())
        .isEqualTo("batching off: 8 together cost 1.01 x 8 alone; 1 executor of 2 threads");
    assertThat(plan.maxBatch()).isEqualTo(1);
  }

  @Test
  void severalExecutorsMustBeWorthTheirLatency() {
    BatchPlan plan = plan(CONVOLUTIONS, CONVOLUTIONS_TWICE);
    assertThat(plan.executors()).isEqualTo(2);
    assertThat(plan.threads()).isEqualTo(1);
    assertThat(plan.reason())
        .isEqualTo(
            "batching off: 8 together cost 1.00 x 8 alone; 2 executors of 1 threads give 1.17 x the"
                + " images of 1 of 2");
    LatencyCurve littleMore = curve(2, 1, 8000, 16_000, 32_000, 64_000, 128_000, 256_000);
    assertThat(plan(CONVOLUTIONS, littleMore).executors()).isEqualTo(1);
  }

  @Test
  void theSmallestSizeThatIsAsGoodIsTaken() {
    BatchPlan plan = plan(curve(1, 2, 5000, 5500, 6500, 8500, 17_000, 34_000));
    assertThat(plan.maxBatch()).isEqualTo(8);
    assertThat(plan.reason())
        .isEqualTo(
            "batches of up to 8: together they cost 0.21 x as many alone; 1 executor of 2"
                + " threads");
  }

  @Test
  void twoRunsFitIntoTheObjective() {
    LatencyCurve gpu = curve(1, 2, 5000, 5500, 6500, 8500, 14_000, 26_000);
    assertThat(plan(gpu).maxBatch()).isEqualTo(32);
    BatchPlan within = BatchPlan.of(List.of(gpu), Optional.of(Duration.ofMillis(20)));
    assertThat(within.maxBatch()).isEqualTo(8);
    assertThat(within.reason())
        .endsWith("; p99 of 20 ms holds while two runs take no more, 8.5 ms each");
    BatchPlan missed = BatchPlan.of(List.of(gpu), Optional.of(Duration.ofMillis(8)));
    assertThat(missed.maxBatch()).isEqualTo(1);
    assertThat(missed.reason())
        .endsWith(
            "; p99 of 8 ms is not held: one image alone takes 5.0 ms, and twice that with one"
                + " before it");
    // the pair is faster, but only the wide one is soon enough
    BatchPlan soon =
        BatchPlan.of(List.of(CONVOLUTIONS, CONVOLUTIONS_TWICE), Optional.of(Duration.ofMillis(10)));
    assertThat(soon.executors()).isEqualTo(1);
  }

  @Test
  void aGraphOfOneImageHasNoBatches() {
    assertThat(plan(curve(1, 2, 4000)).reason())
        .isEqualTo("batching off: the network takes one image; 1 executor of 2 threads");
  }

  @Test
  void aCurveWithoutASingleImageIsNone() {
    assertThatThrownBy(() -> new LatencyCurve(1, 1, new TreeMap<>(Map.of(2, 5L))))
        .hasMessage(
            "a latency curve has executors, threads and times over 0, of one image among them, but"
                + " is 1, 1, {2=5}");
  }

  /**
   * At each rate, from idle to near the end of what the best can do, the plan's policy is at most 5
   * % worse than the best of those that people set by hand: one image a run, whatever has queued,
   * and a delay.
   */
  @ParameterizedTest
  @CsvSource({"0.3,1", "1,1", "5,1", "20,1", "0,1", "-0.2,1.2", "8,0.05"})
  void noFixedPolicyIsBetter(double fixed, double each) {
    assertNoneBetter(linear(fixed, each));
  }

  @Test
  void noFixedPolicyIsBetterOnUnevenCurves() {
    assertNoneBetter(CONVOLUTIONS);
    assertNoneBetter(CONVOLUTIONS_TWICE);
    assertNoneBetter(curve(1, 1, 5000, 5500, 6500, 8500, 14_000, 26_000));
    assertNoneBetter(curve(1, 1, 2000, 3900, 4000, 4100, 8100, 16_100)); // steps
  }

  private static void assertNoneBetter(LatencyCurve curve) {
    BatchPlan plan = plan(curve);
    double best = SIZES.stream().mapToDouble(curve::imagesPerSecond).max().orElseThrow();
    Duration delay = Duration.ofNanos(curve.single());
    List<BatchPolicy> byHand =
        List.of(
            BatchPolicy.greedy(1),
            BatchPolicy.greedy(32),
            new BatchPolicy(8, delay),
            new BatchPolicy(32, delay.multipliedBy(2)));
    for (double load : new double[] {0.05, 0.3, 0.6, 0.8, 0.95}) {
      for (int burst : new int[] {1, 6}) {
        long[] arrivals = arrivals(load * best, burst);
        QueueSimulator.Latency own = new QueueSimulator(curve, plan.policy()).run(arrivals);
        for (BatchPolicy policy : byHand) {
          QueueSimulator.Latency other = new QueueSimulator(curve, policy).run(arrivals);
          assertThat(own.meanNanos())
              .as(
                  "%s at %.2f of the best rate in bursts of %d, against %s",
                  plan, load, burst, policy)
              .isLessThanOrEqualTo(1.05 * other.meanNanos());
        }
      }
    }
  }

  /** Poisson, of bursts of up to so many. */
  private static long[] arrivals(double perSecond, int burst) {
    Random random = new Random(7);
    List<Long> all = new ArrayList<>();
    double now = 0;
    while (all.size() < 20_000) {
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
  void theSimulatorKnowsPollaczekAndKhinchin(double load) {
    LatencyCurve one = curve(1, 1, 1000);
    double expected = 1e6 * (1 + load / (2 * (1 - load)));
    assertThat(new QueueSimulator(one, BatchPolicy.greedy(1)).run(arrivals(load * 1000, 1)))
        .satisfies(
            latency -> assertThat(latency.meanNanos()).isBetween(0.95 * expected, 1.05 * expected));
  }
}
