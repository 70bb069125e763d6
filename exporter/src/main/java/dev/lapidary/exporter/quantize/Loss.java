package dev.lapidary.exporter.quantize;

import dev.lapidary.core.card.Scoring;
import dev.lapidary.core.failure.Phrase;
import dev.lapidary.core.measure.Argmax;
import dev.lapidary.core.measure.AveragePrecision;
import dev.lapidary.core.measure.PairedProportions;
import java.util.List;

/**
 * What a quantized model gets wrong that the float one gets right, on labelled images.
 *
 * @param measure {@code accuracy}; of a multi-label model {@code meanAveragePrecision}
 * @param images how many
 * @param float32 in [0, 1]
 * @param quantized in [0, 1]
 * @param low of the 95 % interval of the loss: of accuracy Newcombe's for paired shares, of mAP the
 *     paired bootstrap's
 * @param high of it
 * @param standardError of the loss
 */
public record Loss(
    String measure,
    int images,
    double float32,
    double quantized,
    double low,
    double high,
    double standardError) {

  /** Of the value, in [-1, 1]; negative where the quantized model is better. */
  public double drop() {
    return float32 - quantized;
  }

  /**
   * @param expected the float model's outputs, of each image
   * @param labels of each image; of a model of exclusive classes exactly one
   */
  static Loss of(
      List<float[]> expected, List<float[]> found, List<List<Integer>> labels, Scoring scoring) {
    return scoring.several()
        ? meanPrecision(expected, found, labels)
        : accuracy(expected, found, labels);
  }

  private static Loss accuracy(
      List<float[]> expected, List<float[]> found, List<List<Integer>> labels) {
    int[] counts = new int[4];
    for (int i = 0; i < labels.size(); i++) {
      int label = labels.get(i).get(0);
      int missed = Argmax.of(expected.get(i)) == label ? 0 : 2;
      counts[missed + (Argmax.of(found.get(i)) == label ? 0 : 1)]++;
    }
    PairedProportions pairs = new PairedProportions(counts[0], counts[1], counts[2], counts[3]);
    double[] interval = pairs.interval();
    return new Loss(
        "accuracy",
        labels.size(),
        pairs.first(),
        pairs.second(),
        interval[0],
        interval[1],
        pairs.standardError());
  }

  private static Loss meanPrecision(
      List<float[]> expected, List<float[]> found, List<List<Integer>> labels) {
    boolean[][] has = new boolean[labels.size()][expected.get(0).length];
    for (int i = 0; i < has.length; i++) {
      for (int label : labels.get(i)) {
        has[i][label] = true;
      }
    }
    AveragePrecision first = AveragePrecision.of(expected.toArray(float[][]::new), has);
    AveragePrecision second = AveragePrecision.of(found.toArray(float[][]::new), has);
    double[] interval = first.meanLossInterval(second);
    return new Loss(
        "meanAveragePrecision",
        labels.size(),
        first.mean(),
        second.mean(),
        interval[0],
        interval[1],
        (interval[1] - interval[0]) / (2 * PairedProportions.Z));
  }

  /** For people: {@code accuracy 90.28 to 89.24 % (-1.04 points, -1.90 to -0.31 at 95 %)}. */
  String words() {
    return Phrase.of(
        "%s %.2f to %.2f %% (%+.2f points, %+.2f to %+.2f at 95 %%)",
        measure.equals("accuracy") ? "accuracy" : "mAP",
        100 * float32,
        100 * quantized,
        0.0 - 100 * drop(),
        0.0 - 100 * high,
        0.0 - 100 * low);
  }
}
