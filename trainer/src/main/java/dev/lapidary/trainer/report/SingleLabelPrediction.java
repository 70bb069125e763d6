package dev.lapidary.trainer.report;

import dev.lapidary.core.measure.Argmax;
import java.util.ArrayList;
import java.util.List;

/**
 * A network's answer to an image of one class.
 *
 * @param sample its position in the dataset
 * @param label the class it has
 * @param predicted the class of the highest logit, the first where equal
 * @param confidence the softmax probability of {@code predicted}, in [0, 1]
 * @param loss {@code -log} of the softmax probability of {@code label}, in nats
 * @param rank of the label among the logits: 0 if it is the highest
 */
public record SingleLabelPrediction(
    int sample, int label, int predicted, double confidence, double loss, int rank)
    implements Answer {

  @Override
  public boolean correct() {
    return predicted == label;
  }

  @Override
  public String truth(List<String> labels) {
    return labels.get(label);
  }

  @Override
  public String words(List<String> labels) {
    return labels.get(predicted);
  }

  /**
   * @param logits [N, classes], row-major
   * @param labels [N]
   * @param samples [N]
   */
  public static List<SingleLabelPrediction> ofLogits(float[] logits, long[] labels, int[] samples) {
    int classes = logits.length / labels.length;
    List<SingleLabelPrediction> all = new ArrayList<>();
    for (int i = 0; i < labels.length; i++) {
      all.add(ofRow(logits, i * classes, classes, (int) labels[i], samples[i]));
    }
    return all;
  }

  /** Softmax in double, the highest logit taken off first so that nothing overflows. */
  private static SingleLabelPrediction ofRow(
      float[] logits, int at, int classes, int label, int sample) {
    int best = Argmax.of(logits, at, classes);
    int rank = 0;
    float own = logits[at + label];
    for (int c = 0; c < classes; c++) {
      float value = logits[at + c];
      rank += value > own || (value == own && c < label) ? 1 : 0;
    }
    double sum = 0;
    for (int c = 0; c < classes; c++) {
      sum += Math.exp((double) logits[at + c] - logits[at + best]);
    }
    double loss = Math.log(sum) - ((double) own - logits[at + best]);
    return new SingleLabelPrediction(sample, label, best, 1 / sum, loss, rank);
  }
}
