package dev.lapidary.serve.http;

import java.util.EnumMap;
import java.util.Map;
import java.util.function.LongConsumer;

/** What became of the copies that a model's shadow was to get. Thread-safe. */
final class ShadowCounts {
  private final Map<Fate, Long> images = new EnumMap<>(Fate.class);
  private final LongConsumer modelNanos;
  private final LongConsumer shadowNanos;

  /** Of one image. */
  enum Fate {
    /** Both have the same first class. */
    SAME,
    /** They have not. */
    OTHER,
    /** There was no time or no room for it. */
    SHED,
    /** The shadow is not loaded, or does not fit the model. */
    UNAVAILABLE,
    /** The shadow's network failed on it. */
    FAILED
  }

  /**
   * @param modelNanos is told how long the model's run took, of each pair that was compared
   * @param shadowNanos is told how long the shadow's did
   */
  ShadowCounts(LongConsumer modelNanos, LongConsumer shadowNanos) {
    this.modelNanos = modelNanos;
    this.shadowNanos = shadowNanos;
  }

  synchronized void add(Fate fate, int count) {
    images.merge(fate, (long) count, Long::sum);
  }

  /** The runs that the same images were in. */
  void ran(long nanosOfModel, long nanosOfShadow) {
    modelNanos.accept(nanosOfModel);
    shadowNanos.accept(nanosOfShadow);
  }

  synchronized long of(Fate fate) {
    return images.getOrDefault(fate, 0L);
  }
}
