package dev.lapidary.core.card;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Locale;

/**
 * What the numbers are that a file gives for an image. Many networks end in a softmax or a sigmoid
 * of their own: what they give is scores already, and nothing may be applied to it again.
 */
public enum Scores {
  /** Numbers of any size, which an {@link Activation} makes scores of. */
  @JsonProperty("logits")
  LOGITS(0) {
    @Override
    float logit(float output) {
      return output;
    }
  },

  /** Of exclusive classes: in [0, 1], of all classes together 1. */
  @JsonProperty("softmax")
  SOFTMAX(Activation.THRESHOLD) {
    /** Up to a number that all classes share, which a softmax does not see. */
    @Override
    float logit(float output) {
      return (float) Math.log(Math.max(output, MIN));
    }
  },

  /** A score of its own for each label, in [0, 1]. */
  @JsonProperty("sigmoid")
  SIGMOID(Activation.THRESHOLD) {
    @Override
    float logit(float output) {
      double score = Math.min(Math.max(output, NEAREST), 1 - NEAREST);
      return (float) (Math.log(score) - Math.log1p(-score));
    }
  };

  /** What a softmax's score of 0 is taken for: the least number that float32 holds in full. */
  public static final double MIN = Float.MIN_NORMAL;

  /**
   * How far a sigmoid's scores of 0 and 1 are taken to be from them: as near as float32 gets to 1.
   */
  public static final double NEAREST = 0x1p-24;

  private final double threshold;

  Scores(double threshold) {
    this.threshold = threshold;
  }

  /** From this number on, an image has a label. */
  double threshold() {
    return threshold;
  }

  /** As cards and options say it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  abstract float logit(float output);
}
