package dev.lapidary.trainer.report;

import dev.lapidary.core.measure.LabelDecisions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A network's answer to an image of any number of labels.
 *
 * @param sample its position in the dataset
 * @param logits by label
 * @param has by label, whether the image has it
 * @param confidence the product of the decisions' probabilities: that all of them are right, if
 *     labels did not depend on each other
 * @param loss mean over the labels of the binary cross-entropy, in nats
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record MultiLabelPrediction(
    int sample, float[] logits, boolean[] has, double confidence, double loss) implements Answer {
  private static final String NONE = "(none)";

  boolean[] decided() {
    return LabelDecisions.of(logits);
  }

  @Override
  public boolean correct() {
    return Arrays.equals(decided(), has);
  }

  @Override
  public String truth(List<String> labels) {
    return joined(has, labels);
  }

  @Override
  public String words(List<String> labels) {
    return joined(decided(), labels);
  }

  private static String joined(boolean[] set, List<String> labels) {
    String joined =
        IntStream.range(0, set.length)
            .filter(label -> set[label])
            .mapToObj(labels::get)
            .collect(Collectors.joining(" + "));
    return joined.isEmpty() ? NONE : joined;
  }

  /**
   * @param logits [N, labels], row-major
   * @param labels [N, labels] 0 and 1
   * @param samples [N]
   */
  public static List<MultiLabelPrediction> ofLogits(float[] logits, long[] labels, int[] samples) {
    int width = logits.length / samples.length;
    List<MultiLabelPrediction> all = new ArrayList<>();
    for (int i = 0; i < samples.length; i++) {
      float[] row = Arrays.copyOfRange(logits, i * width, (i + 1) * width);
      boolean[] has = new boolean[width];
      double loss = 0;
      double confidence = 1;
      for (int label = 0; label < width; label++) {
        has[label] = labels[i * width + label] == 1;
        double x = row[label];
        // log(1 + exp(x)) - y x, written so that nothing overflows.
        double apart = Math.log1p(Math.exp(-Math.abs(x)));
        loss += Math.max(x, 0) - (has[label] ? x : 0) + apart;
        confidence *= Math.exp(-apart);
      }
      all.add(new MultiLabelPrediction(samples[i], row, has, confidence, loss / width));
    }
    return all;
  }
}
