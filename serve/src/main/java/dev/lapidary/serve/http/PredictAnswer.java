package dev.lapidary.serve.http;

import dev.lapidary.serve.model.ServedModel;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The body of an answer to {@code POST /predict}.
 *
 * @param predictions one an image, in the request's order
 */
record PredictAnswer(ModelId model, List<Prediction> predictions) {

  /**
   * @param sha256 of the model's file
   */
  record ModelId(String name, String version, String sha256) {
    static ModelId of(ServedModel model) {
      return new ModelId(model.name(), model.version(), model.sha256());
    }
  }

  sealed interface Prediction {}

  /**
   * @param classes the most probable first
   */
  record Classified(String image, List<ClassProbability> classes) implements Prediction {}

  record Unclassified(String image, ImageError error) implements Prediction {}

  /**
   * @param probability softmax of the logits, in [0, 1]
   */
  record ClassProbability(String label, int index, double probability) {}

  static Prediction of(String image, float[] logits, List<String> labels, int topK) {
    double[] probabilities = softmax(logits);
    for (double p : probabilities) {
      if (Double.isNaN(p)) {
        return new Unclassified(
            image, new ImageError("inference_failed", "the network's logits are not finite"));
      }
    }
    List<ClassProbability> classes =
        IntStream.range(0, logits.length)
            .boxed()
            .sorted((a, b) -> Float.compare(logits[b], logits[a]))
            .limit(topK)
            .map(i -> new ClassProbability(labels.get(i), i, probabilities[i]))
            .toList();
    return new Classified(image, classes);
  }

  /** Less the maximum, so that no exponential overflows. */
  private static double[] softmax(float[] logits) {
    double max = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      max = Math.max(max, logit);
    }
    double[] p = new double[logits.length];
    double sum = 0;
    for (int i = 0; i < p.length; i++) {
      p[i] = Math.exp(logits[i] - max);
      sum += p[i];
    }
    for (int i = 0; i < p.length; i++) {
      p[i] /= sum;
    }
    return p;
  }
}
