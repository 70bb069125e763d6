package dev.lapidary.runtime.batch;

import dev.lapidary.runtime.tune.LatencyCurve;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * What a batcher does with given arrivals, in no time: all that is decided is decided by its own
 * {@link BatchQueue} and {@link BatchPolicy}; a run takes what a recorded curve says, and longer
 * while more threads run than there are processors, which they then share evenly.
 */
final class BatcherSimulation {
  private static final Deadline NEVER = new Deadline(Long.MAX_VALUE / 2);

  private final Form form;
  private final BatchQueue queue = new BatchQueue();
  private final List<Run> runs = new ArrayList<>();
  private final PriorityQueue<Long> arrivals = new PriorityQueue<>();
  private final List<Double> latencies = new ArrayList<>();
  private final List<Integer> prioritiesOfLatencies = new ArrayList<>();
  private int[] priorities = {1};
  private int arrived;
  private double now;

  /**
   * What is simulated.
   *
   * @param curve of the executors' runs
   * @param wide of a run of all threads, where the executors are narrower and a single image has it
   */
  record Form(LatencyCurve curve, Optional<LatencyCurve> wide, int processors, BatchPolicy policy) {
    @Override
    public String toString() {
      return "%d x %d threads%s, up to %d, delay %s"
          .formatted(
              curve.executors(),
              curve.threads(),
              wide.isPresent() ? " or wide" : "",
              policy.maxBatch(),
              policy.maxDelay());
    }
  }

  /**
   * @param meanNanos from arrival to answer
   * @param p99Nanos of the same
   * @param perSecond answers
   */
  record Result(double meanNanos, double p99Nanos, double perSecond) {}

  private static final class Run {
    private final BatchQueue.Batch batch;
    private final int threads;
    private double leftNanos;

    Run(BatchQueue.Batch batch, int threads, double nanos) {
      this.batch = batch;
      this.threads = threads;
      this.leftNanos = nanos;
    }
  }

  private BatcherSimulation(Form form) {
    this.form = form;
  }

  /**
   * Images that come whether those before them are answered or not.
   *
   * @param times in nanoseconds
   */
  static Result open(Form form, long[] times) {
    BatcherSimulation simulation = new BatcherSimulation(form);
    Arrays.stream(times).forEach(simulation.arrivals::add);
    return simulation.run(times.length, Optional.empty());
  }

  /**
   * The mean from arrival to answer in nanoseconds, by priority from 1 on.
   *
   * @param priorities of those that come at these times, in turns
   */
  static double[] means(Form form, long[] times, int[] priorities) {
    BatcherSimulation simulation = new BatcherSimulation(form);
    simulation.priorities = priorities;
    Arrays.stream(times).forEach(simulation.arrivals::add);
    simulation.run(times.length, Optional.empty());
    double[] sums = new double[Arrays.stream(priorities).max().orElseThrow()];
    int[] counts = new int[sums.length];
    for (int i = 0; i < times.length; i++) {
      int level = simulation.prioritiesOfLatencies.get(i) - 1;
      sums[level] += simulation.latencies.get(i);
      counts[level]++;
    }
    for (int i = 0; i < sums.length; i++) {
      sums[i] /= counts[i];
    }
    return sums;
  }

  /** Clients of one image each, which ask again some time after they are answered. */
  static Result closed(Form form, int clients, Duration pause, int answers) {
    BatcherSimulation simulation = new BatcherSimulation(form);
    for (int i = 0; i < clients; i++) {
      simulation.arrivals.add(i * pause.toNanos() / clients);
    }
    return simulation.run(answers, Optional.of(pause));
  }

  private Result run(int answers, Optional<Duration> again) {
    while (latencies.size() < answers) {
      dispatch();
      double next = nextEvent();
      double speed = speed();
      runs.forEach(run -> run.leftNanos -= (next - now) * speed);
      now = next;
      end(again);
      while (!arrivals.isEmpty() && arrivals.element() <= now) {
        queue.add(item(arrivals.remove()));
      }
    }
    double[] sorted = latencies.stream().mapToDouble(d -> d).sorted().toArray();
    return new Result(
        Arrays.stream(sorted).average().orElseThrow(),
        sorted[(int) (0.99 * sorted.length)],
        latencies.size() * 1e9 / now);
  }

  private BatchItem item(long since) {
    int priority = priorities[arrived++ % priorities.length];
    return new BatchItem(
        List.of(), 1, List.of(), Set.of(), NEVER, priority, since, new CompletableFuture<>());
  }

  private int free() {
    return form.curve().executors() - runs.size();
  }

  private BatchQueue.Executors executors() {
    return new BatchQueue.Executors(free(), form.curve().executors());
  }

  private long waitNanos() {
    return queue.waitNanos(form.policy(), executors(), (long) now);
  }

  private void dispatch() {
    while (free() > 0 && !queue.isEmpty() && waitNanos() == 0) {
      BatchQueue.Batch batch =
          queue.take(
              form.policy(), true, executors(), waiting -> form.wide().isPresent(), (long) now);
      LatencyCurve curve = form.wide().filter(wide -> batch.alone()).orElse(form.curve());
      runs.add(new Run(batch, curve.threads(), curve.nanos(batch.items().size())));
    }
  }

  private double speed() {
    int threads = runs.stream().mapToInt(run -> run.threads).sum();
    return Math.min(1, (double) form.processors() / Math.max(1, threads));
  }

  private double nextEvent() {
    double next = arrivals.isEmpty() ? Double.MAX_VALUE : arrivals.element();
    if (free() > 0 && !queue.isEmpty()) {
      next = Math.min(next, now + waitNanos());
    }
    for (Run run : runs) {
      next = Math.min(next, now + run.leftNanos / speed());
    }
    return Math.max(now, next);
  }

  private void end(Optional<Duration> again) {
    for (Iterator<Run> each = runs.iterator(); each.hasNext(); ) {
      Run run = each.next();
      if (run.leftNanos <= 1) { // less than a nanosecond is none
        each.remove();
        queue.ended(run.batch, (long) now);
        for (BatchItem item : run.batch.items()) {
          latencies.add(now - item.sinceNanos());
          prioritiesOfLatencies.add(item.priority());
          again.ifPresent(pause -> arrivals.add((long) now + pause.toNanos()));
        }
      }
    }
  }
}
