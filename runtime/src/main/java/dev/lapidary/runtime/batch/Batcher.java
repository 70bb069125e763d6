package dev.lapidary.runtime.batch;

import dev.lapidary.core.failure.Failure;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Runs images together. One thread owns the network: whenever it is free it takes what has queued,
 * first come first served, up to the policy's size. A batch that fails is run again in halves, so
 * that only the image that causes it is answered with an error.
 *
 * <p>Thread-safe. Every submitted image is answered exactly once, also while closing.
 */
public final class Batcher implements AutoCloseable {
  private final BatchFunction function;
  private final int inputLength;
  private final BatchPolicy policy;
  private final FloatBuffer inputs;
  private final BatchStatistics statistics;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition arrived = lock.newCondition();
  private final ArrayDeque<Waiting> queue = new ArrayDeque<>();
  private boolean closed;
  private final Thread executor;

  @SuppressWarnings("ArrayRecordComponent") // queued, never compared
  private record Waiting(
      float[] input, Deadline deadline, long sinceNanos, CompletableFuture<Outcome> answer) {}

  /**
   * @param inputLength floats of one image
   */
  public Batcher(BatchFunction function, int inputLength, BatchPolicy policy) {
    this.function = function;
    this.inputLength = inputLength;
    this.policy = policy;
    this.statistics = new BatchStatistics(policy.maxBatch());
    long bytes = Math.multiplyExact((long) Float.BYTES * inputLength, policy.maxBatch());
    this.inputs =
        ByteBuffer.allocateDirect(Math.toIntExact(bytes))
            .order(ByteOrder.nativeOrder())
            .asFloatBuffer();
    this.executor = new Thread(this::work, "lapidary-batch");
    executor.setDaemon(true);
    executor.start();
  }

  /**
   * Queues one image. The future never fails; cancelling it takes the image out of its batch if
   * that has not begun.
   *
   * @param input the image's tensor, not changed and not kept after the answer
   * @throws IllegalStateException if the batcher is closed
   */
  public CompletableFuture<Outcome> submit(float[] input, Deadline deadline) {
    if (input.length != inputLength) {
      throw new IllegalArgumentException(
          "an input has %d floats but this one has %d".formatted(inputLength, input.length));
    }
    CompletableFuture<Outcome> answer = new CompletableFuture<>();
    lock.lock();
    try {
      if (closed) {
        throw new IllegalStateException("the batcher is closed");
      }
      queue.add(new Waiting(input, deadline, System.nanoTime(), answer));
      arrived.signal();
    } finally {
      lock.unlock();
    }
    return answer;
  }

  public BatchStatistics statistics() {
    return statistics;
  }

  public int maxBatch() {
    return policy.maxBatch();
  }

  /** Images that wait for the executor. */
  public int depth() {
    lock.lock();
    try {
      return queue.size();
    } finally {
      lock.unlock();
    }
  }

  /** Accepts no more, answers all that it has, and stops. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      arrived.signal();
    } finally {
      lock.unlock();
    }
    boolean interrupted = false;
    while (executor.isAlive()) {
      try {
        executor.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void work() {
    for (List<Waiting> batch = take(); !batch.isEmpty(); batch = take()) {
      List<Waiting> wanted = leaveOutUnwanted(batch);
      if (!wanted.isEmpty()) {
        run(wanted);
      }
    }
  }

  /** The next batch; empty when closed and drained. */
  private List<Waiting> take() {
    lock.lock();
    try {
      while (queue.isEmpty() && !closed) {
        arrived.awaitUninterruptibly();
      }
      awaitMore();
      List<Waiting> batch = new ArrayList<>(Math.min(queue.size(), policy.maxBatch()));
      while (!queue.isEmpty() && batch.size() < policy.maxBatch()) {
        batch.add(queue.remove());
      }
      return batch;
    } finally {
      lock.unlock();
    }
  }

  private void awaitMore() {
    if (policy.maxDelay().isZero() || queue.isEmpty()) {
      return;
    }
    Waiting head = queue.element();
    long until = head.sinceNanos() + policy.maxDelay().toNanos();
    while (queue.size() < policy.maxBatch() && !closed) {
      long left = Math.min(until - System.nanoTime(), head.deadline().leftNanos());
      if (left <= 0) {
        return;
      }
      try {
        arrived.awaitNanos(left);
      } catch (InterruptedException e) {
        return; // nobody interrupts this thread; sending early is always right
      }
    }
  }

  private List<Waiting> leaveOutUnwanted(List<Waiting> batch) {
    List<Waiting> wanted = new ArrayList<>(batch.size());
    for (Waiting image : batch) {
      if (image.answer().isDone()) {
        statistics.cancelled();
      } else if (image.deadline().hasPassed()) {
        statistics.late();
        image.answer().complete(new Outcome.Late());
      } else {
        wanted.add(image);
      }
    }
    return wanted;
  }

  private void run(List<Waiting> batch) {
    long began = System.nanoTime();
    float[] logits;
    try {
      logits = function.run(fill(batch), batch.size());
      requireWhole(logits, batch.size());
    } catch (Throwable e) { // also an Error: this thread must outlive every batch
      runHalves(batch, e);
      return;
    }
    long ended = System.nanoTime();
    statistics.ran(batch.size(), ended - began);
    int classes = logits.length / batch.size();
    for (int i = 0; i < batch.size(); i++) {
      Waiting image = batch.get(i);
      float[] own = Arrays.copyOfRange(logits, i * classes, (i + 1) * classes);
      image
          .answer()
          .complete(
              new Outcome.Classified(own, batch.size(), began - image.sinceNanos(), ended - began));
    }
  }

  private void runHalves(List<Waiting> batch, Throwable error) {
    if (batch.size() == 1) {
      statistics.failed();
      batch.get(0).answer().complete(new Outcome.Failed(Failure.reason(error)));
      return;
    }
    int half = batch.size() / 2;
    run(batch.subList(0, half));
    run(batch.subList(half, batch.size()));
  }

  private FloatBuffer fill(List<Waiting> batch) {
    inputs.clear();
    for (Waiting image : batch) {
      inputs.put(image.input());
    }
    return inputs.flip();
  }

  private static void requireWhole(float[] logits, int count) {
    if (logits.length == 0 || logits.length % count != 0) {
      throw new IllegalStateException(
          "the network gave %d logits for %d images".formatted(logits.length, count));
    }
  }
}
