package dev.lapidary.runtime.batch;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.thread.DaemonThreads;
import dev.lapidary.runtime.tensor.TensorNetwork;
import dev.lapidary.runtime.tensor.TypedTensor;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** A thread that runs a batcher's batches, one after the other. */
final class BatchExecutor {
  private final Batcher batcher;
  private final TensorNetwork network;
  private final BatchBuffers tensors = new BatchBuffers();
  private final Thread thread;
  private volatile boolean retired;

  BatchExecutor(Batcher batcher, TensorNetwork network) {
    this.batcher = batcher;
    this.network = network;
    this.thread = DaemonThreads.named("lapidary-batch").newThread(this::work);
  }

  void start() {
    thread.start();
  }

  /** Takes no other batch. */
  void retire() {
    retired = true;
  }

  boolean isRetired() {
    return retired;
  }

  void awaitEnd() {
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Its own. */
  TensorNetwork network() {
    return network;
  }

  private void work() {
    Batcher.Work work = batcher.take(this, new Batcher.Work(BatchQueue.Batch.NONE, network));
    while (!work.batch().items().isEmpty()) {
      List<BatchItem> wanted = leaveOutUnwanted(work.batch().items());
      if (!wanted.isEmpty()) {
        run(wanted, work.network());
      }
      work = batcher.take(this, work);
    }
  }

  private List<BatchItem> leaveOutUnwanted(List<BatchItem> batch) {
    List<BatchItem> wanted = new ArrayList<>(batch.size());
    for (BatchItem item : batch) {
      if (item.answer().isDone()) {
        batcher.statistics().cancelled();
        batcher.done();
      } else if (item.deadline().hasPassed()) {
        batcher.statistics().late();
        batcher.answer(item, Outcome.Late::new);
      } else {
        wanted.add(item);
      }
    }
    return wanted;
  }

  private void run(List<BatchItem> batch, TensorNetwork on) {
    int rows = 0;
    Set<String> outputs = new HashSet<>();
    for (BatchItem item : batch) {
      rows += item.rows();
      outputs.addAll(item.outputs());
    }
    long began = System.nanoTime();
    List<TypedTensor> results;
    try {
      results = on.run(tensors.gather(batch, rows), outputs);
      if (batch.size() > 1) {
        BatchBuffers.requireRows(results, rows);
      }
    } catch (Throwable e) { // also an Error: this thread must outlive every batch
      runHalves(batch, on, e);
      return;
    }
    long nanos = System.nanoTime() - began;
    batcher.statistics().ran(rows, nanos, on == network);
    answer(batch, rows, results, began, nanos);
  }

  private void answer(
      List<BatchItem> batch, int rows, List<TypedTensor> results, long began, long inferNanos) {
    int from = 0;
    for (BatchItem item : batch) {
      int first = from;
      long queueNanos = began - item.sinceNanos();
      batcher.statistics().queued(queueNanos);
      batcher.answer(
          item,
          () ->
              new Outcome.Ran(
                  BatchBuffers.rows(results, first, item, rows), rows, queueNanos, inferNanos));
      from += item.rows();
    }
  }

  private void runHalves(List<BatchItem> batch, TensorNetwork on, Throwable error) {
    if (batch.size() == 1) {
      batcher.statistics().failed();
      String reason = Failure.reason(error);
      batcher.answer(batch.get(0), () -> new Outcome.Failed(reason));
      return;
    }
    int half = batch.size() / 2;
    run(batch.subList(0, half), on);
    run(batch.subList(half, batch.size()), on);
  }
}
