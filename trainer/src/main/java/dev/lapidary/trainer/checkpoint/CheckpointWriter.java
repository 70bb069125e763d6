package dev.lapidary.trainer.checkpoint;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.tensor.Tensor;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Writes checkpoints while training goes on, from copies of the tensors: one at a time, in order.
 * So there are never more than two copies: the one that is being written and the next.
 */
public final class CheckpointWriter implements AutoCloseable {
  /** Of what a checkpoint holds, in memory at a time. */
  public static final int MAX_COPIES = 2;

  private final Checkpoints checkpoints;
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(task -> new Thread(task, "checkpoint-writer"));
  private Future<?> pending = CompletableFuture.completedFuture(null);

  public CheckpointWriter(Checkpoints checkpoints) {
    this.checkpoints = checkpoints;
  }

  /**
   * Returns once the one before is on the disk; this one follows.
   *
   * @param best weights of this step, if {@code saved} names it among the best: written first
   * @throws Failure (exit 1) if the one before could not be written
   */
  public void write(Checkpoints.Saved saved, Optional<Map<String, Tensor>> best) {
    await();
    pending =
        thread.submit(
            () -> {
              if (best.isPresent()) {
                long step = saved.state().position().step();
                checkpoints.writeBest(Checkpoints.bestName(step), best.get());
              }
              checkpoints.write(saved);
              return saved;
            });
  }

  /**
   * Returns once everything is on the disk.
   *
   * @throws Failure (exit 1) if it could not be written
   */
  public void await() {
    try {
      pending.get();
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      if (cause instanceof IOException || cause instanceof Failure) {
        throw Failure.failed(
            "[%s] the checkpoint cannot be written: %s; what was written before is sound: make room, then"
                + " go on with 'trainer resume'",
            checkpoints.folder(), Failure.reason(cause));
      }
      throw new IllegalStateException("writing a checkpoint", cause);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Failure.failed("[%s] interrupted while a checkpoint was written", checkpoints.folder());
    }
  }

  /** Lets the last one be finished, also when training has failed meanwhile. */
  @Override
  public void close() {
    thread.shutdown();
    try {
      while (!thread.awaitTermination(1, TimeUnit.MINUTES)) {
        Thread.onSpinWait();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
