package dev.lapidary.runtime.batch;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * What has queued, and all that is decided of it: when a free executor takes a batch, of how many,
 * and whether it has the machine to itself. It knows no thread and no clock, so a simulation
 * decides as a server does. Not thread-safe.
 */
final class BatchQueue {
  /**
   * What one executor runs.
   *
   * @param alone whether it has the machine to itself ({@link WhenIdle})
   */
  record Batch(List<BatchItem> items, boolean alone) {
    static final Batch NONE = new Batch(List.of(), false);
  }

  /**
   * Who may take a batch.
   *
   * @param free executors that run nothing, the one that takes among them
   * @param all of them
   */
  record Executors(int free, int all) {}

  private final ArrayDeque<BatchItem> items = new ArrayDeque<>();
  private final ArrivalRate arrivals = new ArrivalRate();
  private final Returns returns = new Returns();
  private int rows;
  private boolean aloneRuns;
  private long aloneSince;

  void add(BatchItem item) {
    items.add(item);
    rows += item.rows();
    arrivals.add(item.rows(), item.sinceNanos());
    returns.came(item.rows(), item.sinceNanos());
  }

  /** A batch has been run. */
  void ended(Batch batch, long nowNanos) {
    if (batch.alone()) {
      aloneRuns = false;
    }
    int answered = batch.items().stream().mapToInt(BatchItem::rows).sum();
    if (answered > 0) {
      returns.answered(answered, nowNanos);
    }
  }

  boolean isEmpty() {
    return items.isEmpty();
  }

  int rows() {
    return rows;
  }

  /** How long a free executor waits for more; 0 to take now. Of a queue that is not empty. */
  long waitNanos(BatchPolicy policy, Executors executors, long nowNanos) {
    BatchItem head = items.element();
    long wait = policy.waitNanos(rows, nowNanos - head.sinceNanos());
    if (aloneRuns) {
      long hold = policy.rule().holdNanos(arrivals.perSecond(nowNanos));
      wait = Math.max(wait, hold - (nowNanos - aloneSince));
    } else if (executors.all() == 1 && isWorthWaiting(policy)) {
      wait = Math.max(wait, returns.patienceNanos(nowNanos));
    }
    return Math.max(0, Math.min(wait, head.deadline().atNanos() - nowNanos));
  }

  private boolean isWorthWaiting(BatchPolicy policy) {
    int coming = returns.missing();
    return coming > 0
        && rows + coming <= policy.maxBatch()
        && returns.usualNanos() < policy.rule().worthNanos(rows, coming);
  }

  /**
   * The next batch of a queue that is not empty.
   *
   * @param batched whether the network takes several rows
   * @param isIdle asked where nothing else runs or waits: whether the batch may have the machine to
   *     itself
   */
  Batch take(
      BatchPolicy policy,
      boolean batched,
      Executors executors,
      BooleanSupplier isIdle,
      long nowNanos) {
    List<BatchItem> batch = new ArrayList<>();
    int max = policy.size(rows, executors.free(), arrivals.perSecond(nowNanos));
    int taken = 0;
    BatchItem head = items.element();
    BatchItem next = head;
    while (next != null && (batch.isEmpty() || (batched && joins(next, head, taken, max)))) {
      batch.add(items.remove());
      taken += next.rows();
      next = items.peek();
    }
    rows -= taken;
    boolean nothingElse = executors.free() >= executors.all() && taken == 1 && items.isEmpty();
    boolean alone = nothingElse && isIdle.getAsBoolean();
    if (alone) {
      aloneRuns = true;
      aloneSince = nowNanos;
    }
    return new Batch(batch, alone);
  }

  private static boolean joins(BatchItem next, BatchItem head, int taken, int max) {
    return next.form().equals(head.form()) && taken + next.rows() <= max;
  }
}
