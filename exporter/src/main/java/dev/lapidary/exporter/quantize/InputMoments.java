package dev.lapidary.exporter.quantize;

/**
 * How the values that a layer's outputs are sums of vary together, over samples of them.
 *
 * <p>Few samples know little of many taps: what they say of pairs is taken as {@code 1 - SHRINKAGE}
 * of it, and each tap is given a share of the average one's variance, so that those that happened
 * to be still in the samples are not taken for dead.
 */
final class InputMoments {
  private static final double SHRINKAGE = 0.05;
  private static final double FLOOR = 0.02;

  private final LayerTaps layer;
  private final double[] sums;
  private final double[] products;
  private long count;

  InputMoments(LayerTaps layer) {
    this.layer = layer;
    this.sums = new double[layer.groups() * layer.taps()];
    this.products = new double[layer.groups() * layer.taps() * layer.taps()];
  }

  /**
   * @param samples row-major [samples, groups, taps]
   */
  void add(float[] samples) {
    int taps = layer.taps();
    for (int from = 0; from < samples.length; from += sums.length) {
      for (int k = 0; k < sums.length; k++) {
        double value = samples[from + k];
        sums[k] += value;
        int group = k / taps * taps;
        for (int l = group; value != 0 && l <= k; l++) {
          products[k * taps + l - group] += value * samples[from + l];
        }
      }
      count++;
    }
  }

  /** Whether there were any samples. */
  boolean known() {
    return count > 0;
  }

  /** Row-major [taps, taps] of a group, symmetric and positive definite. */
  double[] covariance(int group) {
    int taps = layer.taps();
    double[] covariance = new double[taps * taps];
    double trace = 0;
    for (int k = 0; k < taps; k++) {
      trace += between(group, k, k);
    }
    for (int k = 0; k < taps; k++) {
      for (int l = 0; l < k; l++) {
        double value = (1 - SHRINKAGE) * between(group, k, l);
        covariance[k * taps + l] = value;
        covariance[l * taps + k] = value;
      }
      covariance[k * taps + k] = between(group, k, k) + FLOOR * trace / taps;
    }
    return covariance;
  }

  private double between(int group, int k, int l) {
    int from = group * layer.taps();
    double product = products[(from + k) * layer.taps() + l] / count;
    return product - sums[from + k] / count * (sums[from + l] / count);
  }
}
