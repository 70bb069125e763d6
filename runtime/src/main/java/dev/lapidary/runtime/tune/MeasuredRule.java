package dev.lapidary.runtime.tune;

import dev.lapidary.runtime.batch.BatchRule;
import java.util.Optional;

/** A rule of a network's measured times. */
final class MeasuredRule implements BatchRule {
  /**
   * While images of one run after the other take less than this share of the time, each has the
   * machine to itself; where more come, several at a time answer more of them.
   */
  private static final double CALM = 0.6;

  /** So much of what a run of all saves over two is waited at the most. */
  private static final double WORTH_WAITING = 1.0 / 3;

  /** A run that has the machine to itself is not waited for longer than this, times its usual. */
  private static final long MOST_HOLD = 2;

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
  public long holdNanos(double perSecond) {
    return perSecond * wideNanos < CALM * 1e9 ? MOST_HOLD * wideNanos : 0;
  }
}
