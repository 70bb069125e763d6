package dev.lapidary.serve.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.HdrHistogram.Histogram;

/** What one contender showed: images a second by round, and the latency of every call. */
final class Samples {
  /**
   * Calls below which even a run without one slow call does not show a p99 with 99 % confidence:
   * 0.99^n is below 0.01 only from here on.
   */
  private static final int P99_NEEDS = 459;

  private final Histogram nanos = new Histogram(3);
  private final Histogram roundNanos = new Histogram(3);
  private final List<Double> imagesPerSecond = new ArrayList<>();
  private final List<Double> medians = new ArrayList<>();
  private final List<Double> p99s = new ArrayList<>();
  private long answered;
  private long refused;
  private long failed;
  private long otherArgmax;
  private long images;
  private long batches;

  /** A call that answered; thread-safe, as the other counts are. */
  synchronized void answered(long latencyNanos) {
    nanos.recordValue(latencyNanos);
    roundNanos.recordValue(latencyNanos);
    answered++;
  }

  synchronized void refused() {
    refused++;
  }

  synchronized void failed() {
    failed++;
  }

  synchronized void otherArgmax() {
    otherArgmax++;
  }

  synchronized void round(long imagesAnswered, long elapsedNanos) {
    imagesPerSecond.add(imagesAnswered * 1e9 / elapsedNanos);
    medians.add(roundNanos.getValueAtPercentile(50) / 1e6);
    p99s.add(roundNanos.getValueAtPercentile(99) / 1e6);
    roundNanos.reset();
  }

  synchronized void batches(long moreImages, long moreBatches) {
    images += moreImages;
    batches += moreBatches;
  }

  synchronized long answered() {
    return answered;
  }

  /** By round. */
  synchronized List<Double> rates() {
    return List.copyOf(imagesPerSecond);
  }

  /** The middle of the calls' latencies in ms, by round. */
  synchronized List<Double> medians() {
    return List.copyOf(medians);
  }

  /** What 99 of 100 calls took at the most, in ms, by round. */
  synchronized List<Double> p99s() {
    return List.copyOf(p99s);
  }

  /** Of all calls, those that were answered so soon. */
  synchronized double shareWithin(long boundNanos) {
    return (double) nanos.getCountBetweenValues(0, boundNanos)
        / Math.max(1, answered + refused + failed);
  }

  synchronized BenchReport.Load load() {
    double[] sorted = imagesPerSecond.stream().mapToDouble(d -> d).sorted().toArray();
    return new BenchReport.Load(
        median(sorted),
        nanos.getValueAtPercentile(50) / 1e6,
        nanos.getValueAtPercentile(90) / 1e6,
        nanos.getValueAtPercentile(99) / 1e6,
        answered >= P99_NEEDS,
        answered,
        refused,
        failed,
        otherArgmax,
        batches == 0 ? 1 : (double) images / batches);
  }

  private static double median(double[] sorted) {
    int half = sorted.length / 2;
    return sorted.length % 2 == 1
        ? sorted[half]
        : Arrays.stream(sorted, half - 1, half + 1).average().orElse(Double.NaN);
  }
}
