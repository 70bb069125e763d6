package dev.lapidary.trainer.run;

import java.util.function.Supplier;

/** Where an epoch's time goes. */
final class TrainingClock {
  private long epochStart = System.nanoTime();
  private long waited;
  private long computed;

  /** A line of {@code timing.jsonl}. */
  record EpochTiming(
      long step, double seconds, double libtorchSeconds, double waitedForDataSeconds) {}

  void startEpoch() {
    epochStart = System.nanoTime();
    waited = 0;
    computed = 0;
  }

  <T> T waiting(Supplier<T> work) {
    long start = System.nanoTime();
    T result = work.get();
    waited += System.nanoTime() - start;
    return result;
  }

  <T> T computing(Supplier<T> work) {
    long start = System.nanoTime();
    T result = work.get();
    computed += System.nanoTime() - start;
    return result;
  }

  double imagesPerSecond(long images) {
    return (double) images / seconds(System.nanoTime() - epochStart);
  }

  EpochTiming epoch(long step) {
    return new EpochTiming(
        step, seconds(System.nanoTime() - epochStart), seconds(computed), seconds(waited));
  }

  private static double seconds(long nanos) {
    return (double) nanos / 1e9;
  }
}
