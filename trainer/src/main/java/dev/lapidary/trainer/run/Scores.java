package dev.lapidary.trainer.run;

import dev.lapidary.trainer.report.Measures;
import dev.lapidary.trainer.report.Prediction;
import java.util.List;

/**
 * What a pass over labelled images gave.
 *
 * @param loss mean plain cross-entropy
 * @param accuracy fraction of images whose highest logit is their class, in [0, 1]
 * @param predictions by the images' order
 */
record Scores(double loss, double accuracy, List<Prediction> predictions) {
  Scores {
    predictions = List.copyOf(predictions);
  }

  Measures measures(List<String> labels) {
    return Measures.of(labels, predictions, loss);
  }
}
