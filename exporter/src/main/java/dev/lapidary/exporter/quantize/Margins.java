package dev.lapidary.exporter.quantize;

import dev.lapidary.core.card.Scoring;
import dev.lapidary.core.measure.Argmax;
import java.util.Arrays;
import java.util.List;

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
   * @param expected logits of the float model, of each image
   * @param found of the quantized one
   */
  static Margins of(List<float[]> expected, List<float[]> found, Scoring scoring) {
    int classes = expected.get(0).length;
    boolean each = scoring.several() || classes < 2;
    int count = each ? expected.size() * classes : expected.size();
    double[] margins = new double[count];
    double[] left = new double[count];
    boolean[] stays = new boolean[count];
    for (int i = 0; i < count; i++) {
      float[] before = expected.get(each ? i / classes : i);
      float[] after = found.get(each ? i / classes : i);
      if (each) {
        float logit = before[i % classes];
        int sign = logit < 0 ? -1 : 1;
        margins[i] = sign * (double) logit;
        left[i] = sign * (double) after[i % classes];
        stays[i] = (after[i % classes] < 0) == (logit < 0);
      } else {
        int first = Argmax.of(before);
        int second = greatestBut(first, before);
        margins[i] = (double) before[first] - before[second];
        left[i] = (double) after[first] - after[second];
        stays[i] = Argmax.of(after) == first;
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
  private static int greatestBut(int but, float[] values) {
    int best = -1;
    for (int k = 0; k < values.length; k++) {
      if (k != but && (best < 0 || values[k] > values[best])) {
        best = k;
      }
    }
    return best;
  }
}
