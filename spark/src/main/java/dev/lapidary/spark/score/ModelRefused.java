package dev.lapidary.spark.score;

/**
 * An executor cannot load the model, or its answers are not those that the card says. Trying again
 * would not help: {@link RefusalListener} ends the job at the first one.
 */
public final class ModelRefused extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public ModelRefused(String message) {
    super(message);
  }
}
