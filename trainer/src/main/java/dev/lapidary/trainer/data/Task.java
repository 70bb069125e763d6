package dev.lapidary.trainer.data;

import dev.lapidary.core.card.Activation;

/** What there is to learn, as the data say it. */
public enum Task {
  /** An image has exactly one of the classes. */
  SINGLE_LABEL("one label an image", Activation.SOFTMAX),
  /** An image has any number of the labels, also none. */
  MULTI_LABEL("any number of labels an image", Activation.SIGMOID);

  private final String words;
  private final Activation activation;

  Task(String words, Activation activation) {
    this.words = words;
    this.activation = activation;
  }

  /** For messages. */
  public String words() {
    return words;
  }

  /** What makes scores of the logits that are learned. */
  public Activation activation() {
    return activation;
  }
}
