package dev.lapidary.core.card;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What makes scores of a network's logits: the last step of an answer, outside of the network. */
public enum Activation {
  /** An image has exactly one class: the scores of all classes sum to 1. */
  @JsonProperty("softmax")
  SOFTMAX {
    /** Less the maximum, so that no exponential overflows. */
    @Override
    public double[] probabilities(float... logits) {
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
  },

  /** An image has any number of labels (multi-label): each has a score of its own. */
  @JsonProperty("sigmoid")
  SIGMOID {
    @Override
    public double[] probabilities(float... logits) {
      double[] p = new double[logits.length];
      for (int i = 0; i < p.length; i++) {
        p[i] = 1 / (1 + Math.exp(-(double) logits[i]));
      }
      return p;
    }
  };

  /** From this score on, an image has a label; under a sigmoid that is a logit of 0. */
  public static final double THRESHOLD = 0.5;

  /**
   * @param logits of one image, [classes]
   * @return [classes] in [0, 1]; NaN where a logit is
   */
  public abstract double[] probabilities(float... logits);
}
