package dev.lapidary.exporter.quantize;

/**
 * How far a quantized model's logits are from the float model's on the same images.
 *
 * @param images how many
 * @param flips how many of them have another argmax
 * @param maxAbsDifference over all logits
 * @param relativeError the squared differences' sum over the squared logits' sum, both without each
 *     image's mean, which softmax does not see
 */
record Drift(int images, int flips, double maxAbsDifference, double relativeError) {

  /**
   * @param reference row-major [n, classes]
   */
  static Drift between(float[] reference, float[] quantized, int images) {
    int classes = reference.length / images;
    int flips = 0;
    double worst = 0;
    double error = 0;
    double energy = 0;
    for (int i = 0; i < images; i++) {
      int from = i * classes;
      flips += argmax(reference, from, classes) == argmax(quantized, from, classes) ? 0 : 1;
      double mean = mean(reference, from, classes);
      double shift = mean(quantized, from, classes) - mean;
      for (int k = from; k < from + classes; k++) {
        double difference = (double) quantized[k] - reference[k];
        worst = Math.max(worst, Math.abs(difference));
        error += (difference - shift) * (difference - shift);
        energy += (reference[k] - mean) * (reference[k] - mean);
      }
    }
    return new Drift(images, flips, worst, energy == 0 ? error : error / energy);
  }

  /** The share of images with the same argmax, in [0, 1]. */
  double argmaxAgreement() {
    return 1 - (double) flips / images;
  }

  /** Whether the argmax agrees often enough; one near-tie among few images proves nothing. */
  boolean enough(double minAgreement) {
    return flips <= 1 || argmaxAgreement() >= minAgreement;
  }

  private static int argmax(float[] values, int from, int count) {
    int best = from;
    for (int k = from + 1; k < from + count; k++) {
      if (values[k] > values[best]) {
        best = k;
      }
    }
    return best - from;
  }

  private static double mean(float[] values, int from, int count) {
    double sum = 0;
    for (int k = from; k < from + count; k++) {
      sum += values[k];
    }
    return sum / count;
  }
}
