package dev.lapidary.runtime.tune;

import dev.lapidary.runtime.batch.ArrivalRate;
import dev.lapidary.runtime.batch.BatchPolicy;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.PriorityQueue;

/**
 * What a queue with executors does with given arrivals, in no time: the policy that decides is the
 * batcher's own, the runs take what a given curve says.
 */
final class QueueSimulator {
  private final LatencyCurve curve;
  private final BatchPolicy policy;

  QueueSimulator(LatencyCurve curve, BatchPolicy policy) {
    this.curve = curve;
    this.policy = policy;
  }

  /**
   * @param meanNanos from arrival to answer
   * @param p99Nanos of the same
   */
  record Latency(double meanNanos, double p99Nanos) {}

  /**
   * @param arrivals in nanoseconds, ascending; one image each
   */
  Latency run(long[] arrivals) {
    ArrivalRate rate = new ArrivalRate();
    long[] latencies = new long[arrivals.length];
    Deque<Integer> queue = new ArrayDeque<>();
    PriorityQueue<Long> free = new PriorityQueue<>();
    for (int i = 0; i < curve.executors(); i++) {
      free.add(0L);
    }
    int next = 0;
    while (next < arrivals.length || !queue.isEmpty()) {
      long now = free.remove();
      now = Math.max(now, arrivals[queue.isEmpty() ? next : queue.element()]);
      next = admit(arrivals, next, now, queue, rate);
      for (long wait = wait(queue, arrivals, now); wait > 0; wait = wait(queue, arrivals, now)) {
        boolean more = next < arrivals.length && arrivals[next] <= now + wait;
        now = more ? arrivals[next] : now + wait;
        next = admit(arrivals, next, now, queue, rate);
      }
      long then = now;
      int idle = 1 + (int) free.stream().filter(at -> at <= then).count();
      int size = policy.size(queue.size(), idle, rate.perSecond(now));
      long end = now + Math.round(curve.nanos(size));
      for (int i = 0; i < size; i++) {
        int image = queue.remove();
        latencies[image] = end - arrivals[image];
      }
      free.add(end);
    }
    long[] sorted = latencies.clone();
    Arrays.sort(sorted);
    return new Latency(
        Arrays.stream(latencies).average().orElse(0), sorted[(int) (0.99 * sorted.length)]);
  }

  private static int admit(
      long[] arrivals, int from, long now, Deque<Integer> queue, ArrivalRate rate) {
    int next = from;
    while (next < arrivals.length && arrivals[next] <= now) {
      rate.add(1, arrivals[next]);
      queue.add(next++);
    }
    return next;
  }

  private long wait(Deque<Integer> queue, long[] arrivals, long now) {
    return policy.waitNanos(queue.size(), now - arrivals[queue.element()]);
  }
}
