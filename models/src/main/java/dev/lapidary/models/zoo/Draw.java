package dev.lapidary.models.zoo;

/**
 * Random numbers of one tensor as a pure function of (seed, tensor name, element): any element can
 * be drawn alone, in any order, on any machine, to the same bits. SplitMix64 (Steele, Lea, Flood
 * 2014) run as a counter.
 */
public final class Draw {
  private static final long GOLDEN_GAMMA = 0x9E3779B97F4A7C15L;

  private final long key;

  public Draw(long seed, String name) {
    long hash = mix(seed + GOLDEN_GAMMA);
    for (int i = 0; i < name.length(); i++) {
      hash = mix(hash ^ name.charAt(i));
    }
    key = hash;
  }

  /** Uniform in the open interval (0, 1), of 53 random bits. */
  public double uniform(long element) {
    return ((mix(key + (element + 1) * GOLDEN_GAMMA) >>> 11) + 0.5) * 0x1p-53;
  }

  /** Of the standard normal distribution, by inversion. */
  public double normal(long element) {
    return InverseNormal.of(uniform(element));
  }

  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
