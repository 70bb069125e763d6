package dev.lapidary.runtime.tune;

import dev.lapidary.runtime.batch.BatchRule;
import java.util.Optional;

/** A rule of a network's measured times. */
final class MeasuredRule implements BatchRule {
  /** So much of what a run of all saves over two is waited at the most. */
  private static final double WORTH_WAITING = 1.0 / 3;

  /** A run that has the machine to itself is not waited for longer than this, times its usual. */
  private static final long MAX_HOLD = 2;

  private final LatencyCurve curve;
  private final Optional<SizeTable> sizes;
  private final long wideNanos;

  /**
   * @param curve of the executors' runs
   * @param maximum images in a run
   * @param wideNanos of a run of one image that has the machine to itself; 0 if none has
   */
  MeasuredRule(LatencyCurve curve, int maximum, long wideNanos) {
    this.curve = curve;
    this.sizes = maximum == 1 ? Optional.empty() : Optional.of(SizeTable.of(curve, maximum));
    this.wideNanos = wideNanos;
  }

  @Override
  public int size(int queued, int free, double perSecond) {
    return sizes.map(table -> table.size(queued, free, perSecond)).orElse(1);
  }

  /**
   * Apart they take τ(n) and τ(k), together τ(n + k); and so again in each round, if they are
   * clients that ask again. A wait that takes most of what is gained is none for them, and a loss
   * for those who came but once.
   */
  @Override
  public long worthNanos(int queued, int coming) {
    double gain = curve.nanos(queued) + curve.nanos(coming) - curve.nanos(queued + coming);
    return Math.max(0, Math.round(WORTH_WAITING * gain));
  }

  @Override
  public boolean isForOne(int queued, double overlap, double perSecond) {
    return wideNanos > 0
        && (queued < maxInTurn(perSecond) || (queued == 1 && overlap <= maxOverlap(perSecond)));
  }

  @Override
  public long holdNanos(int queued, double perSecond) {
    return queued + 1 < maxInTurn(perSecond) ? MAX_HOLD * wideNanos : 0;
  }

  /**
   * Up to how many that wait have the machine in turn. All n are answered after w·(n + 1) / 2 on
   * the average in turn, and after s·(n / executors + 1) / 2 beside each other, if no more come;
   * the more come, the more wait behind these.
   */
  private double maxInTurn(double perSecond) {
    double narrow = curve.single();
    double perImage = wideNanos - narrow / curve.executors();
    double maximum = perImage <= 0 ? curve.executors() : (narrow - wideNanos) / perImage;
    return maximum * Math.max(0, 1 - perSecond * wideNanos / 1e9);
  }

  /**
   * Up to how often others may come beside one that has the machine to itself. If none does it
   * gains s - w. If one does, in the middle of it, both take 2.5·w in turn, or 1.5·w + s beside
   * each other, each as if it had its share of the processors; and 2·s with a run each from the
   * first.
   */
  private double maxOverlap(double perSecond) {
    double narrow = curve.single();
    double both = 2 < maxInTurn(perSecond) ? 2.5 * wideNanos : 1.5 * wideNanos + narrow;
    double gain = narrow - wideNanos;
    double loss = both - 2 * narrow;
    return loss <= 0 ? 1 : gain / (gain + loss);
  }
}
