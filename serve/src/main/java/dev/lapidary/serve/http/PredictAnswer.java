package dev.lapidary.serve.http;

import dev.lapidary.core.measure.RankedClass;
import dev.lapidary.runtime.model.ServedModel;
import java.util.List;

/**
 * The body of an answer to {@code POST /predict}.
 *
 * @param predictions one an image, in the request's order
 */
record PredictAnswer(ModelId model, List<Prediction> predictions) {
  /**
   * @param sha256 of the model's file
   */
  record ModelId(String name, String version, String sha256) {}

  sealed interface Prediction {}

  /**
   * @param classes the most probable first
   */
  record Classified(String image, List<RankedClass> classes) implements Prediction {}

  record Unclassified(String image, ImageError error) implements Prediction {}

  /**
   * Of a network of exclusive classes the {@code topK} most probable; of a multi-label network all
   * labels from the threshold on.
   */
  static Prediction of(String image, float[] outputs, ServedModel model, PredictQuery query) {
    double[] probabilities = model.scoring().probabilities(outputs);
    for (double p : probabilities) {
      if (Double.isNaN(p)) {
        return new Unclassified(
            image, new ImageError("inference_failed", "the network's logits are not finite"));
      }
    }
    return new Classified(
        image,
        RankedClass.of(outputs, model.scoring(), model.labels(), query.topK(), query.threshold()));
  }
}
