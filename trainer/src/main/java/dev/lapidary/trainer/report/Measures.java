package dev.lapidary.trainer.report;

import java.util.List;

/** How good a classifier is on labelled images. */
public sealed interface Measures permits SingleLabelMeasures, MultiLabelMeasures {
  int images();

  /** Mean over the images of the plain cross-entropy, in nats. */
  double loss();

  /** Images of whose answer nothing is wrong, in [0, 1]. */
  double accuracy();

  /** Of {@link #accuracy}, 95 %, Wilson. */
  Interval accuracyInterval();

  /** What the best epoch is chosen by: the higher, the better. */
  double score();

  /** What {@link #score} is called. */
  String scoreName();

  /** Of {@link #score}, 95 %; of multi-label data only of what was measured {@link #once}. */
  Interval scoreInterval();

  /**
   * @param answers all of one kind, at least one
   * @param loss as libtorch sums it; the answers' own differs from it in the last bits
   */
  static Measures of(List<String> labels, List<Answer> answers, double loss) {
    if (answers.isEmpty()) {
      throw new IllegalArgumentException("no image was measured");
    }
    return answers.get(0) instanceof SingleLabelPrediction
        ? SingleLabelMeasures.of(labels, all(answers, SingleLabelPrediction.class), loss)
        : MultiLabelMeasures.of(labels, all(answers, MultiLabelPrediction.class), loss);
  }

  /**
   * The same, of answers that were asked for once: with the intervals that take their time.
   *
   * @param answers that were measured
   */
  default Measures once(List<Answer> answers) {
    return this instanceof MultiLabelMeasures several
        ? several.withInterval(all(answers, MultiLabelPrediction.class))
        : this;
  }

  private static <T> List<T> all(List<Answer> answers, Class<T> kind) {
    return answers.stream().map(kind::cast).toList();
  }
}
