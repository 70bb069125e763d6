package dev.lapidary.exporter.quantize;

import java.util.Arrays;

/**
 * By how much a float model decides, and how far a quantized one moves that. Under a softmax an
 * image is one decision, by the difference of its two greatest logits; under a sigmoid each label
 * is one, by its logit's distance to 0.
 *
 * @param clearAgreement the share of the decisions of at least the median margin that stay
 * @param noise the mean change of a margin as a share of itself, at most all of it, or of the
 *     median margin where that is greater: a near tie moves by many times itself and means nothing,
 *     and no single image outweighs the others; in [0, 1]
 */
record Margins(double clearAgreement, double noise) {
  /**
   * @param expected logits of the float model, row-major [n, classes]
   * @param found of the quantized one
   */
  static Margins of(float[] expected, float[] found, int classes, boolean softmax) {
    boolean each = !softmax || classes < 2;
    int count = each ? expected.length : expected.length / classes;
    double[] margins = new double[count];
    double[] left = new double[count];
    boolean[] stays = new boolean[count];
    for (int i = 0; i < count; i++) {
      if (each) {
        int sign = expected[i] < 0 ? -1 : 1;
        margins[i] = sign * (double) expected[i];
        left[i] = sign * (double) found[i];
        stays[i] = (found[i] < 0) == (expected[i] < 0);
      } else {
        int first = greatest(expected, i * classes, classes, -1);
        int second = greatest(expected, i * classes, classes, first);
        margins[i] = (double) expected[first] - expected[second];
        left[i] = (double) found[first] - found[second];
        stays[i] = greatest(found, i * classes, classes, -1) == first;
      }
    }
    return of(margins, left, stays);
  }

  private static Margins of(double[] margins, double[] left, boolean[] stays) {
    double[] sorted = margins.clone();
    Arrays.sort(sorted);
    double median = sorted[sorted.length / 2];
    int clear = 0;
    int same = 0;
    double shares = 0;
    for (int i = 0; i < margins.length; i++) {
      double moved = left[i] - margins[i];
      double share = moved == 0 ? 0 : Math.abs(moved) / Math.max(margins[i], median);
      shares += Math.min(1, share);
      if (margins[i] >= median) {
        clear++;
        same += stays[i] ? 1 : 0;
      }
    }
    return new Margins((double) same / clear, shares / margins.length);
  }

  /** The index of the greatest but one that is left out. */
  private static int greatest(float[] values, int from, int count, int but) {
    int best = -1;
    for (int k = from; k < from + count; k++) {
      if (k != but && (best < 0 || values[k] > values[best])) {
        best = k;
      }
    }
    return best;
  }
}
