package dev.lapidary.serve.http;

import dev.lapidary.core.card.Activation;
import dev.lapidary.runtime.model.ServedModel;
import java.util.ArrayList;
import java.util.List;

/**
 * The body of an answer to {@code POST /predict}.
 *
 * @param predictions one an image, in the request's order
 */
record PredictAnswer(ModelId model, List<Prediction> predictions) {
  private static final int DEFAULT_TOP_K = 5;

  /**
   * @param sha256 of the model's file
   */
  record ModelId(String name, String version, String sha256) {}

  sealed interface Prediction {}

  /**
   * @param classes the most probable first
   */
  record Classified(String image, List<ClassProbability> classes) implements Prediction {}

  record Unclassified(String image, ImageError error) implements Prediction {}

  /**
   * @param probability by the model's scoring: softmax, or each label's own sigmoid, the network's
   *     own or applied here; in [0, 1]
   */
  record ClassProbability(String label, int index, double probability) {}

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
    boolean several = model.scoring().several();
    double threshold = query.threshold().orElse(several ? Activation.THRESHOLD : 0);
    int most = query.topK().orElse(several ? outputs.length : DEFAULT_TOP_K);
    List<ClassProbability> classes = new ArrayList<>(Math.min(most, outputs.length));
    for (int i : Best.of(outputs, most)) {
      if (probabilities[i] >= threshold) {
        classes.add(new ClassProbability(model.labels().get(i), i, probabilities[i]));
      }
    }
    return new Classified(image, classes);
  }
}
