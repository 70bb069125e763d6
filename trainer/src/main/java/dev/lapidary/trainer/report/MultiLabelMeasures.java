package dev.lapidary.trainer.report;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.lapidary.core.measure.AveragePrecision;
import dev.lapidary.core.measure.LabelDecisions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How good a classifier of any number of labels an image is. All fractions lie in [0, 1]; a label
 * is given from a sigmoid of 0.5 on; means over labels are over those that an image has.
 *
 * @param images how many
 * @param classes labels, how many
 * @param meanAveragePrecision mAP: {@link AveragePrecision}, the mean over the labels
 * @param meanAveragePrecisionInterval of it, 95 %, by the bootstrap; only of what was measured once
 * @param microF1 F1 of all decisions together
 * @param macroF1 the mean of the labels' F1
 * @param accuracy images all of whose labels are right and no other is given (subset accuracy)
 * @param accuracyInterval of it, 95 %, Wilson
 * @param loss mean over images and labels of the binary cross-entropy, in nats
 * @param perClass by label index
 */
public record MultiLabelMeasures(
    int images,
    int classes,
    double meanAveragePrecision,
    Optional<Interval> meanAveragePrecisionInterval,
    double microF1,
    double macroF1,
    @JsonProperty("subsetAccuracy") double accuracy,
    @JsonProperty("subsetAccuracyInterval") Interval accuracyInterval,
    double loss,
    List<LabelMeasure> perClass)
    implements Measures {

  /**
   * One label. A ratio of nothing to nothing is 0, as in scikit-learn.
   *
   * @param images that have it
   * @param averagePrecision absent if no image has it
   * @param precision images that have it among those that are given it
   * @param recall images that are given it among those that have it
   * @param f1 the harmonic mean of the two
   */
  public record LabelMeasure(
      String label,
      int images,
      Optional<Double> averagePrecision,
      double precision,
      double recall,
      double f1) {}

  @Override
  public double score() {
    return meanAveragePrecision;
  }

  @Override
  public String scoreName() {
    return "mAP";
  }

  @Override
  public Interval scoreInterval() {
    return meanAveragePrecisionInterval.orElseThrow();
  }

  /** Labels that no image has: they are in no mean. */
  public List<String> unseen() {
    return perClass.stream().filter(c -> c.images() == 0).map(LabelMeasure::label).toList();
  }

  static MultiLabelMeasures of(
      List<String> labels, List<MultiLabelPrediction> predictions, double loss) {
    LabelDecisions decisions = new LabelDecisions(labels.size());
    predictions.forEach(p -> decisions.add(p.decided(), p.has()));
    AveragePrecision precision = averagePrecision(predictions);
    List<LabelMeasure> perClass = new ArrayList<>();
    for (int c = 0; c < labels.size(); c++) {
      perClass.add(
          new LabelMeasure(
              labels.get(c),
              decisions.support(c),
              precision.of(c).stream().boxed().findFirst(),
              decisions.precision(c),
              decisions.recall(c),
              decisions.f1(c)));
    }
    return new MultiLabelMeasures(
        predictions.size(),
        labels.size(),
        precision.mean(),
        Optional.empty(),
        decisions.microF1(),
        decisions.macroF1(),
        (double) decisions.exact() / predictions.size(),
        Interval.wilson(decisions.exact(), predictions.size()),
        loss,
        perClass);
  }

  /** The same with mAP's interval, which takes a thousand times as long. */
  MultiLabelMeasures withInterval(List<MultiLabelPrediction> predictions) {
    double[] ends = averagePrecision(predictions).meanInterval();
    return new MultiLabelMeasures(
        images,
        classes,
        meanAveragePrecision,
        Optional.of(new Interval(ends[0], ends[1])),
        microF1,
        macroF1,
        accuracy,
        accuracyInterval,
        loss,
        perClass);
  }

  private static AveragePrecision averagePrecision(List<MultiLabelPrediction> predictions) {
    return AveragePrecision.of(
        predictions.stream().map(MultiLabelPrediction::logits).toArray(float[][]::new),
        predictions.stream().map(MultiLabelPrediction::has).toArray(boolean[][]::new));
  }
}
