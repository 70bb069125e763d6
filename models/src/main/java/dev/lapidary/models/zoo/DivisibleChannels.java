package dev.lapidary.models.zoo;

/** Channel counts as the mobile networks round them. */
final class DivisibleChannels {
  private DivisibleChannels() {}

  /** The nearest multiple of {@code divisor}, and never below nine tenths of the value. */
  static int divisible(double value, int divisor) {
    int near = Math.max(divisor, (int) (value + divisor / 2.0) / divisor * divisor);
    return near < 0.9 * value ? near + divisor : near;
  }
}
