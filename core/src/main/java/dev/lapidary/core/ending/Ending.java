package dev.lapidary.core.ending;

import dev.lapidary.core.card.Scores;

/** What a network ends in, as far as it matters to whoever reads its answers. */
public enum Ending {
  /** In none of the others: its numbers are logits. */
  LOGITS(Scores.LOGITS),

  /**
   * Logarithms of a softmax. They are logits too: a softmax of them is the softmax that they are
   * of, and their cross-entropy the negative log-likelihood ({@code NLLLoss}).
   */
  LOG_SOFTMAX(Scores.LOGITS),

  /** A softmax over the classes, however it is written. */
  SOFTMAX(Scores.SOFTMAX),

  /** A sigmoid a label, or a hardsigmoid. */
  SIGMOID(Scores.SIGMOID),

  /** The best class's number, {@code argmax}: no scores, and nothing that scores can be made of. */
  INDEX(Scores.LOGITS);

  private final Scores scores;

  Ending(Scores scores) {
    this.scores = scores;
  }

  public Scores scores() {
    return scores;
  }

  /** Whether a softmax stands behind it, of whose classes exactly one is an image's. */
  public boolean isOfClasses() {
    return this == SOFTMAX || this == LOG_SOFTMAX;
  }

  /** As PyTorch calls it. */
  public String words() {
    return switch (this) {
      case LOGITS -> "logits";
      case LOG_SOFTMAX -> "log_softmax";
      case SOFTMAX -> "softmax";
      case SIGMOID -> "sigmoid";
      case INDEX -> "argmax";
    };
  }
}
