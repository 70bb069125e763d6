package dev.lapidary.core.card;

/**
 * How the numbers that a file gives for an image become its answer: the one place that knows
 * whether they are logits, and so whether anything is to be applied to them.
 *
 * @param scores what the file gives
 * @param activation what the answers are: of a softmax one class an image, of a sigmoid any number
 *     of labels. It is applied to logits, and to nothing else
 */
public record Scoring(Scores scores, Activation activation) {

  /**
   * @throws IllegalArgumentException for scores that sum to 1, of which each is to be a label's own
   */
  public Scoring {
    requireFit(scores, activation);
  }

  static void requireFit(Scores scores, Activation activation) {
    if (scores == Scores.SOFTMAX && activation == Activation.SIGMOID) {
      throw new IllegalArgumentException(
          "its scores are a softmax's, which sum to 1, and its activation is a sigmoid, of labels"
              + " that each have a score of their own");
    }
  }

  public static Scoring ofLogits(Activation activation) {
    return new Scoring(Scores.LOGITS, activation);
  }

  /**
   * What a file of these scores is for, where nothing else is said: a sigmoid's are of labels, all
   * others of classes.
   */
  public static Scoring of(Scores scores) {
    return new Scoring(scores, scores == Scores.SIGMOID ? Activation.SIGMOID : Activation.SOFTMAX);
  }

  /** Whether an image has any number of labels, and not exactly one class. */
  public boolean several() {
    return activation == Activation.SIGMOID;
  }

  /**
   * @param outputs of one image, [classes]
   * @return [classes] in [0, 1]; NaN where an output is
   */
  public double[] probabilities(float... outputs) {
    if (scores == Scores.LOGITS) {
      return activation.probabilities(outputs);
    }
    double[] given = new double[outputs.length];
    for (int i = 0; i < given.length; i++) {
      given[i] = outputs[i];
    }
    return given;
  }

  /**
   * Logits that would have given these scores, so that models are compared alike whatever they end
   * in: the very logits under a sigmoid, under a softmax these less a number that all classes
   * share. Scores that float32 rounded to 0 or 1 get the logit of the nearest one that it did not.
   *
   * @param outputs of any number of images; given back as they are if they are logits
   */
  public float[] logits(float... outputs) {
    if (scores == Scores.LOGITS) {
      return outputs;
    }
    float[] logits = new float[outputs.length];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = scores.logit(outputs[i]);
    }
    return logits;
  }

  /** How far an output is from where a label begins. */
  public double distance(float output) {
    return Math.abs(output - scores.threshold());
  }

  /** What the outputs are called. */
  public String words() {
    return scores == Scores.LOGITS ? "logits" : "scores";
  }

  /**
   * @param outputs how many an image has
   * @return whether the answer would be the same for every image: a softmax of one number is 1
   */
  public boolean isConstant(long outputs) {
    return outputs == 1 && activation == Activation.SOFTMAX && scores != Scores.SIGMOID;
  }
}
