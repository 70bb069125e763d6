package dev.lapidary.trainer.run.step;

import java.util.function.Supplier;

/** Where an epoch's time goes. */
public final class TrainingClock {
  private long epochStart = System.nanoTime();
  private long waited;
  private long computed;
  private long checkpointed;
  private long lastCheckpoint = System.nanoTime();

  /**
   * A line of {@code timing.jsonl}.
   *
   * @param checkpointSeconds that training stood still: copying, and waiting for the one before
   */
  record EpochTiming(
      long step,
      double seconds,
      double libtorchSeconds,
      double waitedForDataSeconds,
      double checkpointSeconds) {}

  public void startEpoch() {
    epochStart = System.nanoTime();
    waited = 0;
    computed = 0;
    checkpointed = 0;
  }

  <T> T waiting(Supplier<T> work) {
    long start = System.nanoTime();
    T result = work.get();
    waited += System.nanoTime() - start;
    return result;
  }

  /** Counts what libtorch does. */
  public <T> T computing(Supplier<T> work) {
    long start = System.nanoTime();
    T result = work.get();
    computed += System.nanoTime() - start;
    return result;
  }

  public void checkpointing(Runnable work) {
    long start = System.nanoTime();
    work.run();
    lastCheckpoint = System.nanoTime();
    checkpointed += lastCheckpoint - start;
  }

  public double minutesSinceCheckpoint() {
    return seconds(System.nanoTime() - lastCheckpoint) / 60;
  }

  public double imagesPerSecond(long images) {
    return (double) images / seconds(System.nanoTime() - epochStart);
  }

  public EpochTiming epoch(long step) {
    return new EpochTiming(
        step,
        seconds(System.nanoTime() - epochStart),
        seconds(computed),
        seconds(waited),
        seconds(checkpointed));
  }

  private static double seconds(long nanos) {
    return (double) nanos / 1e9;
  }
}
