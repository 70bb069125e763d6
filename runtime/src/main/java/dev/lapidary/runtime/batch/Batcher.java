package dev.lapidary.runtime.batch;

import dev.lapidary.runtime.tensor.TensorNetwork;
import dev.lapidary.runtime.tensor.TypedTensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * Runs together what many submit: whenever an executor is free it takes what has queued, first come
 * first served within a priority, up to the policy's size. A batch that fails is run again in
 * halves, so that only what causes it is answered with an error.
 *
 * <p>An executor is a thread with a network of its own, or one that it shares with others. It does
 * nothing but gather, run and hand on: answers are completed by other threads, so what is made of
 * them does not keep it from its next batch.
 *
 * <p>Thread-safe. Everything submitted is answered exactly once, also while closing.
 */
public final class Batcher implements AutoCloseable {
  /** The last that leaves the queue; the first is 1. */
  public static final int LOWEST_PRIORITY = 64;

  private final BatchStatistics statistics = new BatchStatistics();
  private final Executor answers;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition arrived = lock.newCondition();
  private final Condition answered = lock.newCondition();
  private final BatchQueue queue = new BatchQueue();
  private int free;
  private int unanswered;
  private boolean closed;
  private BatchPolicy policy;
  private TensorNetwork network;
  private Optional<WhenIdle> whenIdle = Optional.empty();
  private List<BatchExecutor> executors = List.of();

  /**
   * @param networks one an executor; the same network again for several threads on it. All take the
   *     same tensors.
   * @param answers completes what is answered, and runs what hangs on it
   */
  public Batcher(List<TensorNetwork> networks, BatchPolicy policy, Executor answers) {
    this.policy = policy;
    this.answers = answers;
    this.network = networks.get(0);
    start(networks);
  }

  private void start(List<TensorNetwork> networks) {
    List<BatchExecutor> next = new ArrayList<>(networks.size());
    for (TensorNetwork each : networks) {
      next.add(new BatchExecutor(this, each));
    }
    executors = List.copyOf(next);
    executors.forEach(BatchExecutor::start);
  }

  /**
   * From here on other executors take what has queued, by another policy. Waits for the batches
   * that the present ones have begun: then their networks are not used any more.
   *
   * @param networks that take the same tensors
   * @param idle for a single row while nothing else runs; used until another one is given, or the
   *     batcher is closed
   * @throws IllegalStateException if the batcher is closed
   */
  public void become(List<TensorNetwork> networks, Optional<WhenIdle> idle, BatchPolicy next) {
    List<BatchExecutor> before;
    lock.lock();
    try {
      requireOpen();
      before = executors;
      before.forEach(BatchExecutor::retire);
      policy = next;
      whenIdle = idle;
      network = networks.get(0);
      start(networks);
      arrived.signalAll();
    } finally {
      lock.unlock();
    }
    before.forEach(BatchExecutor::awaitEnd);
  }

  /**
   * Queues tensors that are answered together. The future never fails; cancelling it takes them out
   * of their batch if that has not begun.
   *
   * @param inputs each of the graph's once; read until they are answered, so not to be changed
   * @param outputs names of those that are wanted
   * @throws IllegalArgumentException if the inputs are not what the network takes
   * @throws IllegalStateException if the batcher is closed
   */
  public CompletableFuture<Outcome> submit(
      List<TypedTensor> inputs, Set<String> outputs, Deadline deadline) {
    return submit(inputs, outputs, deadline, 1);
  }

  /**
   * The same, behind what has a higher priority, and before what has a lower one. It is strict: one
   * of a lower priority waits as long as others come, until its deadline. What room a batch has
   * left is filled from the next priority.
   *
   * @param priority from 1, the highest, to {@link #LOWEST_PRIORITY}
   */
  public CompletableFuture<Outcome> submit(
      List<TypedTensor> inputs, Set<String> outputs, Deadline deadline, int priority) {
    BatchItem item = BatchItem.of(locked(() -> network), inputs, outputs, deadline, priority);
    lock.lock();
    try {
      requireOpen();
      queue.add(item);
      unanswered++;
      arrived.signal();
    } finally {
      lock.unlock();
    }
    return item.answer();
  }

  private <T> T locked(Supplier<T> question) {
    lock.lock();
    try {
      return question.get();
    } finally {
      lock.unlock();
    }
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("the batcher is closed");
    }
  }

  public BatchStatistics statistics() {
    return statistics;
  }

  /** As it is now; {@link #become} changes it. */
  public BatchPolicy policy() {
    return locked(() -> policy);
  }

  public int maxBatch() {
    return policy().maxBatch();
  }

  /** Batches that run at a time, at the most. */
  public int executors() {
    return locked(() -> executors.size());
  }

  /** Rows, such as images, that wait for an executor. */
  public int depth() {
    return locked(queue::rows);
  }

  /** Those of them that one of this priority would wait for. */
  public int depth(int priority) {
    return locked(() -> queue.rows(priority));
  }

  /** Accepts no more, answers all that it has, and stops. */
  @Override
  public void close() {
    List<BatchExecutor> running;
    lock.lock();
    try {
      closed = true;
      running = executors;
      arrived.signalAll();
    } finally {
      lock.unlock();
    }
    running.forEach(BatchExecutor::awaitEnd);
    lock.lock();
    try {
      while (unanswered > 0) {
        answered.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * The next batch and what it runs on; nothing in it when the executor has to end.
   *
   * @param before what the executor has run
   */
  Work take(BatchExecutor executor, Work before) {
    lock.lock();
    free++;
    try {
      queue.ended(before.batch(), System.nanoTime());
      BatchQueue.Batch batch = BatchQueue.Batch.NONE;
      while (batch.items().isEmpty() && !executor.isRetired() && !(closed && queue.isEmpty())) {
        if (queue.isEmpty()) {
          arrived.awaitUninterruptibly();
        } else if (awaitMore()) {
          batch =
              queue.take(policy, network.isBatched(), counted(), this::isIdle, System.nanoTime());
        }
      }
      if (!queue.isEmpty()) {
        arrived.signal(); // for another executor: this one's signal may have been of several items
      }
      return new Work(batch, batch.alone() ? wide().network() : executor.network());
    } finally {
      free--;
      lock.unlock();
    }
  }

  /** What an executor does. */
  record Work(BatchQueue.Batch batch, TensorNetwork network) {}

  private BatchQueue.Executors counted() {
    return new BatchQueue.Executors(free, executors.size());
  }

  private WhenIdle wide() {
    return whenIdle.orElseThrow();
  }

  private boolean isIdle(int waiting) {
    return whenIdle.filter(wide -> wide.isIdle().test(waiting)).isPresent();
  }

  /** Returns false if the queue may have changed while it waited. */
  @SuppressWarnings("WaitNotInLoop") // the loop is its caller's
  private boolean awaitMore() {
    long left = closed ? 0 : queue.waitNanos(policy, counted(), System.nanoTime());
    if (left == 0) {
      return true;
    }
    try {
      arrived.awaitNanos(left);
      return false;
    } catch (InterruptedException e) {
      return !queue.isEmpty(); // nobody interrupts this thread; sending early is always right
    }
  }

  /** Completes the answers of a batch elsewhere, one task an item. */
  void answer(BatchItem item, Supplier<Outcome> outcome) {
    Runnable task =
        () -> {
          try {
            item.answer().complete(outcome.get());
          } finally {
            done();
          }
        };
    try {
      answers.execute(task);
    } catch (RejectedExecutionException e) {
      task.run(); // its owner has closed it before the batcher: late is better than never
    }
  }

  /** An item needs no answer any more. */
  void done() {
    lock.lock();
    try {
      unanswered--;
      if (unanswered == 0) {
        answered.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }
}
