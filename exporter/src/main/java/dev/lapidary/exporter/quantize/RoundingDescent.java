package dev.lapidary.exporter.quantize;

/**
 * Chooses the integers of one output's weights so that the output moves least, which is not where
 * each weight alone moves least: {@code d' C d} is to be small, d being the weights' errors and C
 * the covariance of what they multiply; the mean is left to {@link BiasCorrection}.
 *
 * <p>Coordinate descent (Behdin et al., QuantEase, 2023): one weight after the other takes the
 * integer that is best beside the others, until none changes. Of a few weights, which smooth images
 * correlate strongly, two are moved at once where one alone is stuck.
 */
final class RoundingDescent {
  private static final int PASSES = 20;

  /** Up to so many weights pairs are tried: all pairs of a depthwise 5 x 5 kernel. */
  private static final int PAIRED_TAPS = 32;

  private static final int PAIR_MOVES = 64;

  private final double[] covariance;
  private final double scale;
  private final QuantType type;
  private final int[] integers;
  private final double[] errors;

  /** C d. */
  private final double[] slopes;

  private RoundingDescent(
      double[] weights, double scale, QuantType type, int[] integers, double[] covariance) {
    this.covariance = covariance;
    this.scale = scale;
    this.type = type;
    this.integers = integers;
    int taps = weights.length;
    errors = new double[taps];
    slopes = new double[taps];
    for (int k = 0; k < taps; k++) {
      errors[k] = weights[k] - integers[k] * scale;
    }
    for (int k = 0; k < taps; k++) {
      for (int l = 0; l < taps; l++) {
        slopes[k] += covariance[k * taps + l] * errors[l];
      }
    }
  }

  /**
   * Improves the integers that it is given.
   *
   * @param type of the integers
   * @param covariance row-major [taps, taps], positive definite
   */
  static void improve(
      double[] weights, double scale, QuantType type, int[] integers, double[] covariance) {
    RoundingDescent descent = new RoundingDescent(weights, scale, type, integers, covariance);
    descent.singles();
    if (integers.length <= PAIRED_TAPS) {
      for (int move = 0; move < PAIR_MOVES && descent.bestPair(); move++) {
        descent.singles();
      }
    }
  }

  private void singles() {
    boolean changed = true;
    for (int pass = 0; pass < PASSES && changed; pass++) {
      changed = false;
      for (int k = 0; k < integers.length; k++) {
        double variance = covariance[k * integers.length + k];
        if (variance > 0) {
          double best = integers[k] + slopes[k] / (variance * scale);
          changed |= move(k, clipped((int) Math.rint(best)) - integers[k]);
        }
      }
    }
  }

  private int clipped(int integer) {
    return Math.max(type.min(), Math.min(type.max(), integer));
  }

  private boolean move(int k, int steps) {
    if (steps == 0) {
      return false;
    }
    integers[k] += steps;
    double change = steps * scale;
    errors[k] -= change;
    for (int l = 0; l < slopes.length; l++) {
      slopes[l] -= change * covariance[k * slopes.length + l];
    }
    return true;
  }

  /** Moves the two weights that gain most by a step each; false if no two gain. */
  private boolean bestPair() {
    int taps = integers.length;
    double minimum = 0;
    int[] best = {};
    for (int k = 0; k < taps; k++) {
      for (int l = 0; l < k; l++) {
        for (int signs = 0; signs < 4; signs++) {
          int first = (signs & 1) == 0 ? 1 : -1;
          int second = (signs & 2) == 0 ? 1 : -1;
          double change = change(k, first, l, second);
          boolean inside =
              clipped(integers[k] + first) == integers[k] + first
                  && clipped(integers[l] + second) == integers[l] + second;
          if (inside && change < minimum) {
            minimum = change;
            best = new int[] {k, first, l, second};
          }
        }
      }
    }
    // Less is rounding, and could go to and fro.
    if (best.length == 0
        || minimum > -1e-9 * scale * scale * covariance[best[0] * taps + best[0]]) {
      return false;
    }
    move(best[0], best[1]);
    move(best[2], best[3]);
    return true;
  }

  private double change(int k, int first, int l, int second) {
    int taps = integers.length;
    double squares =
        covariance[k * taps + k]
            + covariance[l * taps + l]
            + 2 * first * second * covariance[k * taps + l];
    return scale * scale * squares - 2 * scale * (first * slopes[k] + second * slopes[l]);
  }
}
