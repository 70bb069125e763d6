package dev.lapidary.trainer.run.evaluate;

import dev.lapidary.trainer.plan.BestBy;
import dev.lapidary.trainer.report.Answer;
import dev.lapidary.trainer.report.Measures;
import dev.lapidary.trainer.report.MultiLabelMeasures;
import dev.lapidary.trainer.report.SingleLabelMeasures;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * What a pass over labelled images gave.
 *
 * @param answers by the images' order
 */
public record ValidationScores(Measures measures, List<Answer> answers) {

  static ValidationScores of(List<String> labels, List<Answer> answers, double loss) {
    return new ValidationScores(Measures.of(labels, answers, loss), answers);
  }

  /** With the intervals that take their time. */
  public ValidationScores once() {
    return new ValidationScores(measures.once(answers), answers);
  }

  /** The mistakes with the greatest loss, the greatest first. */
  public List<Answer> worst(int count) {
    return answers.stream()
        .filter(answer -> !answer.correct())
        .sorted(Comparator.comparingDouble(Answer::loss).reversed())
        .limit(count)
        .toList();
  }

  /** What is measured of multi-label data alone. */
  public Optional<MultiLabelMeasures> severalLabels() {
    return measures instanceof MultiLabelMeasures several ? Optional.of(several) : Optional.empty();
  }

  /** Mean plain cross-entropy. */
  public double loss() {
    return measures.loss();
  }

  /** Fraction of images of whose answer nothing is wrong. */
  public double accuracy() {
    return measures.accuracy();
  }

  /** What the best epoch is chosen by. */
  public double score(BestBy by) {
    return balancedAccuracy(by).orElse(measures.score());
  }

  /** What {@link #score} is called. */
  public String scoreName(BestBy by) {
    return balancedAccuracy(by).isPresent() ? "balanced accuracy" : measures.scoreName();
  }

  /** Where that chooses. */
  public Optional<Double> balancedAccuracy(BestBy by) {
    return by == BestBy.BALANCED_ACCURACY && measures instanceof SingleLabelMeasures single
        ? Optional.of(single.macroRecall())
        : Optional.empty();
  }
}
