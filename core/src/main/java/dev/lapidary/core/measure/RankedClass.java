package dev.lapidary.core.measure;

import dev.lapidary.core.card.Activation;
import dev.lapidary.core.card.Scoring;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * A class or label that an image may show. Whoever answers, a server, a table or a program, ranks
 * by this.
 *
 * @param index of the class, as the network's outputs have it
 * @param probability in [0, 1], by the model's scoring
 */
public record RankedClass(String label, int index, double probability) {
  /** How many classes an answer has if nobody says it and an image has exactly one. */
  public static final int DEFAULT_TOP_K = 5;

  /**
   * The highest first, by the network's own numbers: probabilities may be rounded to the same one.
   * Of equal ones the lower index is first. What has no probability (NaN) is left out.
   *
   * @param outputs of one image, [classes]
   * @param topK at most so many; unless given, {@link #DEFAULT_TOP_K} of exclusive classes, and of
   *     labels all
   * @param threshold of the probability; unless given 0 for exclusive classes, and {@link
   *     Activation#THRESHOLD} for labels
   */
  public static List<RankedClass> of(
      float[] outputs,
      Scoring scoring,
      List<String> labels,
      OptionalInt topK,
      OptionalDouble threshold) {
    boolean several = scoring.several();
    double lowest = threshold.orElse(several ? Activation.THRESHOLD : 0);
    double[] probabilities = scoring.probabilities(outputs);
    List<RankedClass> ranked = new ArrayList<>();
    for (int i : TopK.of(outputs, topK.orElse(several ? outputs.length : DEFAULT_TOP_K))) {
      if (probabilities[i] >= lowest) {
        ranked.add(new RankedClass(labels.get(i), i, probabilities[i]));
      }
    }
    return List.copyOf(ranked);
  }
}
