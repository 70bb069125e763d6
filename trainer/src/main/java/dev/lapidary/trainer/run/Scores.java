package dev.lapidary.trainer.run;

import dev.lapidary.trainer.report.Answer;
import dev.lapidary.trainer.report.Measures;
import java.util.List;

/**
 * What a pass over labelled images gave.
 *
 * @param answers by the images' order
 */
record Scores(Measures measures, List<Answer> answers) {
  Scores {
    answers = List.copyOf(answers);
  }

  static Scores of(List<String> labels, List<Answer> answers, double loss) {
    return new Scores(Measures.of(labels, answers, loss), answers);
  }

  /** With the intervals that take their time. */
  Scores once() {
    return new Scores(measures.once(answers), answers);
  }

  /** Mean plain cross-entropy. */
  double loss() {
    return measures.loss();
  }

  /** Fraction of images of whose answer nothing is wrong. */
  double accuracy() {
    return measures.accuracy();
  }

  /** What the best epoch is chosen by. */
  double score() {
    return measures.score();
  }
}
