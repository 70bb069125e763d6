package dev.lapidary.runtime;

import dev.lapidary.core.card.Activation;
import dev.lapidary.core.card.Scoring;
import dev.lapidary.core.measure.RankedClass;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/** What a model says of one image. Cannot be changed. */
public final class Classification {
  private final List<String> labels;
  private final Scoring scoring;
  private final float[] outputs;
  private final double[] probabilities;

  Classification(List<String> labels, Scoring scoring, float[] outputs) {
    this.labels = labels;
    this.scoring = scoring;
    this.outputs = outputs;
    this.probabilities = scoring.probabilities(outputs);
  }

  /**
   * The class or label of the highest probability.
   *
   * <pre>{@code
   * String label = classifier.classify(bytes).best().label();
   * }</pre>
   */
  public Prediction best() {
    return top(1).get(0);
  }

  /**
   * The {@code count} of the highest probability, the highest first; all, if there are fewer. Of
   * equal ones the lower index is first.
   *
   * <pre>{@code
   * classifier.classify(bytes).top(5).forEach(System.out::println);
   * }</pre>
   */
  public List<Prediction> top(int count) {
    if (count < 1) {
      throw new IllegalArgumentException("top(" + count + "): expected at least 1");
    }
    return ranked(count, 0);
  }

  /**
   * All from a probability on, the highest first: what an image shows where it may have several
   * labels, with {@link Activation#THRESHOLD}.
   *
   * <pre>{@code
   * List<Prediction> shown = classifier.classify(bytes).atLeast(0.5);
   * }</pre>
   */
  public List<Prediction> atLeast(double probability) {
    return ranked(probabilities.length, probability);
  }

  private List<Prediction> ranked(int topK, double threshold) {
    return RankedClass.of(
            outputs, scoring, labels, OptionalInt.of(topK), OptionalDouble.of(threshold))
        .stream()
        .map(c -> new Prediction(c.label(), c.index(), c.probability()))
        .toList();
  }

  /**
   * By index: of classes they sum to 1, of labels each is its own.
   *
   * <pre>{@code
   * double third = classifier.classify(bytes).probabilities()[2];
   * }</pre>
   */
  public double[] probabilities() {
    return probabilities.clone();
  }

  /**
   * The network's own numbers by index: logits, unless it ends in a softmax or a sigmoid.
   *
   * <pre>{@code
   * float[] logits = classifier.classify(bytes).outputs();
   * }</pre>
   */
  public float[] outputs() {
    return outputs.clone();
  }

  /** The three best. */
  @Override
  public String toString() {
    return top(3).toString();
  }
}
