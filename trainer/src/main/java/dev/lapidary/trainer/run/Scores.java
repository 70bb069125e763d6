package dev.lapidary.trainer.run;

import java.util.List;

/**
 * What a pass over labelled images gave.
 *
 * @param loss mean plain cross-entropy
 * @param accuracy fraction of images whose highest logit is their class, in [0, 1]
 * @param predicted that class, by the images' order
 */
public record Scores(int images, double loss, double accuracy, List<Integer> predicted) {
  public Scores {
    predicted = List.copyOf(predicted);
  }
}
