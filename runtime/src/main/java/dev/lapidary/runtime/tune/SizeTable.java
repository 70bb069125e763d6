package dev.lapidary.runtime.tune;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * How many of those that have queued should run together, so that all wait the least, those that
 * come meanwhile too. A large batch makes its first images wait for its last; many small ones make
 * those behind wait where they cost more an image, and at a high rate the queue never ends. Which
 * is worse depends on the queue and on the rate.
 *
 * <p>For some rates the semi-Markov decision process of dynamic batching with Poisson arrivals (Xu
 * et al., "SMDP-based dynamic batching for efficient inference on GPU-based platforms", arXiv
 * 2301.12865) is solved by relative value iteration on the transformed, discrete process: a run of
 * s images of n takes τ(s) and costs n·τ(s) + λ·τ(s)²/2, the waits of those there and of those that
 * come; an empty queue waits for the next image and costs nothing.
 */
final class SizeTable {
  /** Shares of the most that can be run in a second. */
  private static final double[] LOADS = {0.03, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9};

  /** What is looked at: between them the costs differ little. */
  private static final int[] CANDIDATES = {1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 48, 64};

  private static final int MAX_ROUNDS = 4000;
  private static final int FEWEST_ROUNDS = 400;

  /** A decision that has stood for so many rounds stands. */
  private static final int STANDS = 200;

  private final int maximum;
  private final double maxPerSecond;
  private final int[][] sizes;

  private SizeTable(int maximum, double maxPerSecond, int[][] sizes) {
    this.maximum = maximum;
    this.maxPerSecond = maxPerSecond;
    this.sizes = sizes;
  }

  /**
   * @param maximum images in a run
   */
  static SizeTable of(LatencyCurve curve, int maximum) {
    int[] candidates =
        IntStream.concat(
                Arrays.stream(CANDIDATES).filter(size -> size < maximum), IntStream.of(maximum))
            .toArray();
    double perNano = 0;
    for (int size : candidates) {
      perNano = Math.max(perNano, size / curve.nanos(size));
    }
    int[][] sizes = new int[LOADS.length][];
    for (int i = 0; i < LOADS.length; i++) {
      sizes[i] = new Decision(curve, candidates, LOADS[i] * perNano).solve();
    }
    return new SizeTable(maximum, perNano * 1e9 * curve.executors(), sizes);
  }

  /** For one rate. */
  private static final class Decision {
    private final int[] candidates;
    private final double[] nanos;
    private final double[][] arrivals;
    private final double perNano;
    private final int longest;
    private double[] values;

    Decision(LatencyCurve curve, int[] candidates, double perNano) {
      this.candidates = candidates;
      this.perNano = perNano;
      this.nanos = Arrays.stream(candidates).mapToDouble(curve::nanos).toArray();
      this.arrivals = new double[candidates.length][];
      for (int i = 0; i < candidates.length; i++) {
        arrivals[i] = poisson(perNano * nanos[i]);
      }
      this.longest = 4 * candidates[candidates.length - 1] + 8;
      this.values = new double[longest + 1];
    }

    private static double[] poisson(double mean) {
      double[] chances = new double[(int) (mean + 6 * Math.sqrt(mean) + 8)];
      double log = -mean;
      for (int i = 0; i < chances.length; i++) {
        chances[i] = Math.exp(log);
        log += Math.log(mean) - Math.log(i + 1);
      }
      return chances;
    }

    /** The best size by the images that have queued; not by the longest queues, where it is cut. */
    int[] solve() {
      double step = 0.99 * Math.min(1 / perNano, Arrays.stream(nanos).min().orElseThrow());
      int[] best = new int[longest + 1];
      int stood = 0;
      for (int round = 0;
          round < MAX_ROUNDS && (round < FEWEST_ROUNDS || stood < STANDS);
          round++) {
        stood = improve(step, best) ? 0 : stood + 1;
      }
      int[] all = Arrays.copyOf(best, longest / 2);
      for (int queue = 0; queue < all.length; queue++) {
        if (best[queue] == largest(queue)) {
          all[queue] = Math.max(1, queue); // the largest that was looked at stands for all
        }
      }
      return all;
    }

    private int largest(int queue) {
      return Arrays.stream(candidates).filter(size -> size <= queue).max().orElse(0);
    }

    /** One round. Returns whether it changed a decision. */
    private boolean improve(double step, int[] best) {
      double[] next = new double[longest + 1];
      Arrays.fill(next, Double.MAX_VALUE);
      next[0] = values[0] + step * perNano * (values[1] - values[0]);
      boolean changed = false;
      int[] before = best.clone();
      for (int i = 0; i < candidates.length; i++) {
        for (int queue = candidates[i]; queue <= longest; queue++) {
          double cost =
              queue
                  + perNano * nanos[i] / 2
                  + step / nanos[i] * (after(i, queue - candidates[i]) - values[queue])
                  + values[queue];
          if (cost < next[queue]) {
            next[queue] = cost;
            best[queue] = candidates[i];
          }
        }
      }
      double first = next[0];
      for (int queue = 0; queue <= longest; queue++) {
        next[queue] -= first;
        changed |= best[queue] != before[queue];
      }
      values = next;
      return changed;
    }

    private double after(int candidate, int left) {
      double[] chances = arrivals[candidate];
      double mean = 0;
      double remainder = 1;
      for (int come = 0; come < chances.length && left + come < longest; come++) {
        mean += chances[come] * values[left + come];
        remainder -= chances[come];
      }
      return mean + remainder * values[longest];
    }
  }

  /** As {@link dev.lapidary.runtime.batch.BatchRule#size}. */
  int size(int queued, int free, double perSecond) {
    double load = perSecond / maxPerSecond;
    int row = 0;
    while (row < LOADS.length - 1 && LOADS[row] < load) {
      row++; // the next higher one: to take too many costs less than to take too few
    }
    int own = (queued + free - 1) / free; // the other free ones take theirs
    return own >= sizes[row].length ? Math.min(own, maximum) : sizes[row][own];
  }
}
