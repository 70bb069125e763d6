package dev.lapidary.runtime.batch;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.IntPredicate;

/**
 * What has queued, the highest priority first and each in the order in which it came, and all that
 * is decided of it: when a free executor takes a batch, of how many, and whether it has the machine
 * to itself. It knows no thread and no clock, so a simulation decides as a server does. Not
 * thread-safe.
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

  /** By priority, from 1 on. */
  private final List<ArrayDeque<BatchItem>> levels = new ArrayList<>();

  private final int[] rowsOfLevel = new int[Batcher.LOWEST_PRIORITY + 1];
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
    while (levels.size() < item.priority()) {
      levels.add(new ArrayDeque<>());
    }
    levels.get(item.priority() - 1).add(item);
    rowsOfLevel[item.priority()] += item.rows();
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
    return rows == 0;
  }

  int rows() {
    return rows;
  }

  /** Those that one of this priority waits for. */
  int rows(int priority) {
    return Arrays.stream(rowsOfLevel, 0, priority + 1).sum();
  }

  /** The next one of a queue that is not empty. */
  private BatchItem head() {
    for (ArrayDeque<BatchItem> level : levels) {
      if (!level.isEmpty()) {
        return level.element();
      }
    }
    throw new NoSuchElementException();
  }

  private void remove(BatchItem head) {
    levels.get(head.priority() - 1).remove();
    rowsOfLevel[head.priority()] -= head.rows();
    rows -= head.rows();
  }

  /** How long a free executor waits for more; 0 to take now. Of a queue that is not empty. */
  long waitNanos(BatchPolicy policy, Executors executors, long nowNanos) {
    long age = 0;
    long left = Long.MAX_VALUE;
    for (ArrayDeque<BatchItem> level : levels) { // who came first may be of any
      if (!level.isEmpty()) {
        BatchItem first = level.element();
        age = Math.max(age, nowNanos - first.sinceNanos());
        left = Math.min(left, first.deadline().atNanos() - nowNanos);
      }
    }
    long wait = policy.waitNanos(rows, age);
    if (aloneRuns) {
      long hold = policy.rule().holdNanos(rows, arrivals.perSecond(nowNanos));
      wait = Math.max(wait, hold - (nowNanos - aloneSince));
    } else if (executors.all() == 1 && isWorthWaiting(policy)) {
      wait = Math.max(wait, returns.patienceNanos(nowNanos));
    }
    return Math.max(0, Math.min(wait, left));
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
    BatchItem head = head();
    boolean alone =
        nothingRuns
            && head.rows() == 1
            && policy.rule().isForOne(rows, overlap, perSecond)
            && isIdle.test(rows);
    int max = alone ? 1 : policy.size(rows, executors.free(), perSecond);
    List<BatchItem> taken = new ArrayList<>();
    int count = 0;
    BatchItem next = head;
    while (taken.isEmpty() || (batched && joins(next, head, count, max))) {
      remove(next);
      taken.add(next);
      count += next.rows();
      if (isEmpty()) {
        break;
      }
      next = head();
    }
    if (alone) {
      aloneRuns = true;
      aloneSince = nowNanos;
    }
    boolean lone = nothingRuns && isEmpty();
    if (lone) {
      overlapped = false;
    }
    return new Batch(taken, alone, lone);
  }

  private static boolean joins(BatchItem next, BatchItem head, int taken, int max) {
    return next.form().equals(head.form()) && taken + next.rows() <= max;
  }
}
