package dev.lapidary.runtime.batch;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;

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
   * @param lone whether nothing ran or waited when it began
   */
  record Batch(List<BatchItem> items, boolean alone, boolean lone) {
    static final Batch NONE = new Batch(List.of(), false, false);
  }

  /**
   * Who may take a batch.
   *
   * @param free executors that run nothing, the one that takes among them
   * @param all of them
   */
  record Executors(int free, int all) {}

  /** Weight of the newest in the running mean of {@link #overlap}. */
  private static final double NEWEST = 0.1;

  private final ArrayDeque<BatchItem> items = new ArrayDeque<>();
  private final ArrivalRate arrivals = new ArrivalRate();
  private final Returns returns = new Returns();
  private int rows;
  private boolean aloneRuns;
  private long aloneSince;

  /** Whether others have come since the last batch began beside which nothing ran or waited. */
  private boolean overlapped;

  /** How often they did, of late. */
  private double overlap;

  void add(BatchItem item) {
    items.add(item);
    rows += item.rows();
    arrivals.add(item.rows(), item.sinceNanos());
    returns.came(item.rows(), item.sinceNanos());
    overlapped = true;
  }

  /** A batch has been run. */
  void ended(Batch batch, long nowNanos) {
    if (batch.alone()) {
      aloneRuns = false;
    }
    if (batch.lone()) {
      overlap += NEWEST * ((overlapped ? 1 : 0) - overlap);
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
      long hold = policy.rule().holdNanos(rows, arrivals.perSecond(nowNanos));
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
   * @param isIdle asked where one may have the machine to itself, with the rows that wait: whether
   *     nothing is done for any but these
   */
  Batch take(
      BatchPolicy policy,
      boolean batched,
      Executors executors,
      IntPredicate isIdle,
      long nowNanos) {
    double perSecond = arrivals.perSecond(nowNanos);
    boolean nothingRuns = executors.free() >= executors.all();
    boolean alone =
        nothingRuns
            && items.element().rows() == 1
            && policy.rule().isForOne(rows, overlap, perSecond)
            && isIdle.test(rows);
    int max = alone ? 1 : policy.size(rows, executors.free(), perSecond);
    List<BatchItem> taken = new ArrayList<>();
    int count = 0;
    BatchItem head = items.element();
    BatchItem next = head;
    while (next != null && (taken.isEmpty() || (batched && joins(next, head, count, max)))) {
      taken.add(items.remove());
      count += next.rows();
      next = items.peek();
    }
    rows -= count;
    if (alone) {
      aloneRuns = true;
      aloneSince = nowNanos;
    }
    boolean lone = nothingRuns && items.isEmpty();
    if (lone) {
      overlapped = false;
    }
    return new Batch(taken, alone, lone);
  }

  private static boolean joins(BatchItem next, BatchItem head, int taken, int max) {
    return next.form().equals(head.form()) && taken + next.rows() <= max;
  }
}
