package dev.lapidary.trainer.report;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.lapidary.core.page.LineChart.Point;
import dev.lapidary.core.page.LineChart.Series;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/**
 * A line of {@code metrics.jsonl}. No clock time: equal runs give equal lines.
 *
 * @param stage its name
 * @param epoch counted over the whole run, from 1
 * @param step optimizer steps done
 * @param lr the rate of the head at the epoch's last step
 * @param trainLoss mean over the epoch's images, with smoothing and class weights
 * @param trainAccuracy fraction of the epoch's images of whose answer nothing was wrong: of
 *     multi-label data those with all labels right and no other, as {@code valAccuracy}
 * @param valLoss mean plain cross-entropy
 * @param valBalancedAccuracy mean of the classes' recalls, where it chooses the best epoch
 * @param valMap mean average precision, of multi-label data alone, as what follows
 * @param valMicroF1 F1 of all decisions together
 * @param valMacroF1 mean of the labels' F1
 */
public record EpochMetrics(
    String stage,
    int epoch,
    long step,
    double lr,
    double trainLoss,
    double trainAccuracy,
    double valLoss,
    double valAccuracy,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<Double> valBalancedAccuracy,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<Double> valMap,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<Double> valMicroF1,
    @JsonInclude(JsonInclude.Include.NON_ABSENT) Optional<Double> valMacroF1,
    boolean best) {

  /** A value of each epoch, by the epochs. */
  static Series curve(
      String name, List<EpochMetrics> epochs, ToDoubleFunction<EpochMetrics> value) {
    return new Series(
        name,
        epochs.stream().map(m -> new Point((double) m.epoch(), value.applyAsDouble(m))).toList());
  }
}
