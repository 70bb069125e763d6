package dev.lapidary.exporter.quantize;

/**
 * The clipping threshold with the least Kullback-Leibler divergence between the values'
 * distribution and what {@value #LEVELS} levels keep of it (Migacz, 8-bit inference with TensorRT,
 * 2017). A tensor with one sign is judged over [0, t], the others over [-t, t], each with all the
 * levels that its integers have.
 */
record Entropy() implements Calibrator {
  static final int LEVELS = 256;
  private static final int STRIDE = 16;

  /** What a bin that the levels lost is taken to hold, so that the divergence stays finite. */
  private static final double SMOOTHING = 1e-4;

  @Override
  public String label() {
    return "entropy";
  }

  @Override
  public Range range(Histogram values) {
    Range observed = values.observed();
    if (values.binWidth() == 0) {
      return observed;
    }
    int bestBins = Histogram.BINS;
    double minimum = Double.POSITIVE_INFINITY;
    for (int bins = usedBins(values); bins >= LEVELS; bins -= STRIDE) {
      double divergence = divergence(values, bins);
      if (divergence < minimum) {
        minimum = divergence;
        bestBins = bins;
      }
    }
    double threshold = bestBins * values.binWidth();
    double min = Math.max(observed.min(), -threshold);
    double max = Math.min(observed.max(), threshold);
    return new Range(min, max);
  }

  private static int usedBins(Histogram values) {
    Range observed = values.observed();
    double magnitude = Math.max(observed.max(), -observed.min());
    return Math.min(Histogram.BINS, (int) (magnitude / values.binWidth()) + 1);
  }

  /**
   * KL(p || q): p counts the bins inside of the threshold, the clipped values added to the
   * outermost; q is the same without the clipped values, merged into the levels and spread again
   * evenly over the bins that hold anything.
   */
  private static double divergence(Histogram values, int bins) {
    int below = values.observed().min() < 0 ? bins : 0;
    int above = values.observed().max() > 0 ? bins : 0;
    double[] kept = new double[below + above];
    for (int i = 0; i < kept.length; i++) {
      kept[i] = values.at(i - below);
    }
    double[] p = kept.clone();
    for (int bin = bins; bin < Histogram.BINS; bin++) {
      p[p.length - 1] += above > 0 ? values.at(bin) : 0;
      p[0] += below > 0 ? values.at(-bin - 1) : 0;
    }
    return divergence(p, spread(kept));
  }

  private static double[] spread(double[] kept) {
    double[] q = new double[kept.length];
    for (int level = 0; level < LEVELS; level++) {
      int start = (int) ((long) level * kept.length / LEVELS);
      int end = (int) ((long) (level + 1) * kept.length / LEVELS);
      double sum = 0;
      int holding = 0;
      for (int i = start; i < end; i++) {
        sum += kept[i];
        holding += kept[i] > 0 ? 1 : 0;
      }
      for (int i = start; i < end; i++) {
        q[i] = kept[i] > 0 ? sum / holding : 0;
      }
    }
    return q;
  }

  private static double divergence(double[] p, double[] q) {
    double inP = 0;
    double inQ = 0;
    for (int i = 0; i < p.length; i++) {
      inP += p[i];
      inQ += q[i];
    }
    double divergence = 0;
    for (int i = 0; i < p.length; i++) {
      if (p[i] > 0) {
        double share = p[i] / inP;
        double other = inQ == 0 ? 0 : q[i] / inQ;
        divergence += share * Math.log(share / Math.max(other, SMOOTHING / p.length));
      }
    }
    return divergence;
  }
}
