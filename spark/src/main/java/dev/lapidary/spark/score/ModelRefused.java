package dev.lapidary.spark.score;

import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;

/**
 * An executor cannot load the model, or its answers are not those that the card says. Trying again
 * would not help: {@link RefusalListener} ends the job at the first one.
 */
final class ModelRefused extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ExitCode code;

  ModelRefused(Failure why) {
    super(why.getMessage());
    this.code = why.code();
  }

  /** What a program that ends of it exits with. */
  ExitCode code() {
    return code;
  }
}
