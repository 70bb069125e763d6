package dev.lapidary.serve.inference;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongConsumer;

/**
 * What became of a version's requests since the server began, in the terms of Triton's statistics
 * extension. Times are of requests, but those of {@link Batch}, which are of runs. Thread-safe.
 */
public final class ModelStatistics {
  private final LongConsumer requestNanos;
  private final LongConsumer queueNanos;
  private long lastInferenceMillis;
  private long inferences;
  private Count success = Count.NONE;
  private Count fail = Count.NONE;
  private Count queue = Count.NONE;
  private Count computeInput = Count.NONE;
  private Count computeInfer = Count.NONE;
  private Count computeOutput = Count.NONE;
  private final Map<Integer, RunsOfSize> runs = new TreeMap<>();

  /**
   * @param requestNanos is told how long each successful request took
   * @param queueNanos is told how long it waited for its run
   */
  public ModelStatistics(LongConsumer requestNanos, LongConsumer queueNanos) {
    this.requestNanos = requestNanos;
    this.queueNanos = queueNanos;
  }

  /** Each request tells its rows, and its run's size and time, so a run of n is told n rows. */
  private static final class RunsOfSize {
    private long rows;
    private double nanos;
  }

  /**
   * @param count of requests, or of runs
   * @param nanos of all of them
   */
  public record Count(long count, long nanos) {
    private static final Count NONE = new Count(0, 0);

    private Count plus(long more) {
      return new Count(count + 1, nanos + more);
    }
  }

  /** Runs with so many rows. */
  public record Batch(int size, Count computeInfer) {}

  /**
   * @param lastInferenceMillis since the epoch; 0 before the first
   * @param inferences rows, or images, that were run
   * @param executions runs of the network
   */
  public record Snapshot(
      long lastInferenceMillis,
      long inferences,
      long executions,
      Count success,
      Count fail,
      Count queue,
      Count computeInput,
      Count computeInfer,
      Count computeOutput,
      List<Batch> batches) {
    public Snapshot {
      batches = List.copyOf(batches);
    }
  }

  /**
   * How long a request's stages took, in nanoseconds.
   *
   * @param input decoding and preparing
   * @param output answering
   */
  public record Stages(long queue, long input, long infer, long output) {}

  /** So many rows, or images, ran, in a batch of so many. */
  public synchronized void ran(int rows, int batchSize, long nanos) {
    inferences += rows;
    RunsOfSize own = runs.computeIfAbsent(batchSize, k -> new RunsOfSize());
    own.rows += rows;
    own.nanos += (double) nanos * rows / batchSize;
  }

  public synchronized void succeeded(long totalNanos, Stages stages) {
    lastInferenceMillis = System.currentTimeMillis();
    requestNanos.accept(totalNanos);
    queueNanos.accept(stages.queue());
    success = success.plus(totalNanos);
    queue = queue.plus(stages.queue());
    computeInput = computeInput.plus(stages.input());
    computeInfer = computeInfer.plus(stages.infer());
    computeOutput = computeOutput.plus(stages.output());
  }

  public synchronized void failed(long totalNanos) {
    fail = fail.plus(totalNanos);
  }

  /** All counts of one moment. */
  public synchronized Snapshot snapshot() {
    List<Batch> batches =
        runs.entrySet().stream()
            .map(
                e ->
                    new Batch(
                        e.getKey(),
                        new Count(
                            (e.getValue().rows + e.getKey() - 1) / e.getKey(),
                            (long) e.getValue().nanos)))
            .toList();
    return new Snapshot(
        lastInferenceMillis,
        inferences,
        batches.stream().mapToLong(b -> b.computeInfer().count()).sum(),
        success,
        fail,
        queue,
        computeInput,
        computeInfer,
        computeOutput,
        batches);
  }
}
