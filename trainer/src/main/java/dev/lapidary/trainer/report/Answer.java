package dev.lapidary.trainer.report;

import java.util.List;

/** A network's answer to one labelled image. */
public sealed interface Answer permits SingleLabelPrediction, MultiLabelPrediction {
  /** The image's position in the dataset. */
  int sample();

  /** In nats. */
  double loss();

  /** Whether nothing of it is wrong. */
  boolean correct();

  /** That nothing of it is wrong, as the network sees it; in [0, 1]. */
  double confidence();

  /** What the image is. */
  String truth(List<String> labels);

  /** What the network takes it for. */
  String words(List<String> labels);

  /**
   * @param logits [N, classes], row-major
   * @param labels [N] class indices, or [N, classes] 0 and 1 of multi-label data
   * @param samples [N]
   */
  static List<Answer> ofLogits(float[] logits, long[] labels, int[] samples) {
    return labels.length == samples.length
        ? List.copyOf(SingleLabelPrediction.ofLogits(logits, labels, samples))
        : List.copyOf(MultiLabelPrediction.ofLogits(logits, labels, samples));
  }
}
