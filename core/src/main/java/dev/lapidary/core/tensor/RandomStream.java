package dev.lapidary.core.tensor;

/**
 * Random numbers that are a pure function of (seed, epoch, sample, operation): no thread, order or
 * interruption changes them. SplitMix64 (Steele, Lea, Flood 2014) run as a counter from a key.
 */
public final class RandomStream {
  private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

  private final long key;
  private long count;

  private RandomStream(long key) {
    this.key = key;
  }

  /** The numbers of one decision; calling it again gives the same numbers from the start. */
  public static RandomStream of(long seed, long epoch, long sample, String operation) {
    long key = mix(mix(mix(seed + GOLDEN_GAMMA) ^ epoch) + GOLDEN_GAMMA ^ sample);
    for (int i = 0; i < operation.length(); i++) {
      key = mix(key + GOLDEN_GAMMA ^ operation.charAt(i));
    }
    return new RandomStream(key);
  }

  public long nextLong() {
    return mix(key + ++count * GOLDEN_GAMMA);
  }

  /** In [0, 1), of 53 random bits. */
  public double uniform() {
    return (nextLong() >>> 11) * 0x1p-53;
  }

  /** In [low, high). */
  public double uniform(double low, double high) {
    return low + (high - low) * uniform();
  }

  /** True with the probability, in [0, 1]. */
  public boolean chance(double probability) {
    return uniform() < probability;
  }

  /**
   * Uniform in 0..bound-1, without the bias of a remainder: Lemire 2019, rejected draws redrawn.
   */
  public int below(int bound) {
    if (bound < 1) {
      throw new IllegalArgumentException("a bound must be positive but is " + bound);
    }
    long product = (nextLong() >>> 32) * bound;
    long unfair = ((1L << 32) - bound) % bound;
    while ((product & 0xffffffffL) < unfair) {
      product = (nextLong() >>> 32) * bound;
    }
    return (int) (product >>> 32);
  }

  /** Of the standard normal distribution: Marsaglia's polar method. */
  public double gaussian() {
    while (true) {
      double x = uniform(-1, 1);
      double y = uniform(-1, 1);
      double s = x * x + y * y;
      if (s > 0 && s < 1) {
        return x * Math.sqrt(-2 * StrictMath.log(s) / s);
      }
    }
  }

  /** Of the beta distribution, both parameters positive. */
  public double beta(double a, double b) {
    double x = gamma(a);
    double y = gamma(b);
    // Both underflow only for tiny parameters, where all of the mass is at the two ends.
    return x + y > 0 ? x / (x + y) : chance(a / (a + b)) ? 1 : 0;
  }

  /** Marsaglia and Tsang 2000; below 1 by the power of a uniform. */
  private double gamma(double shape) {
    if (shape < 1) {
      return gamma(shape + 1) * StrictMath.pow(uniform(), 1 / shape);
    }
    double d = shape - 1.0 / 3;
    double c = 1 / Math.sqrt(9 * d);
    while (true) {
      double x = gaussian();
      double t = 1 + c * x;
      double v = t * t * t;
      if (v > 0
          && StrictMath.log(1 - uniform()) < 0.5 * x * x + d - d * v + d * StrictMath.log(v)) {
        return d * v;
      }
    }
  }

  /** A random order of 0..count-1 (Fisher-Yates). */
  public int[] permutation(int count) {
    int[] order = new int[count];
    for (int i = 0; i < count; i++) {
      int other = below(i + 1);
      order[i] = order[other];
      order[other] = i;
    }
    return order;
  }

  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
