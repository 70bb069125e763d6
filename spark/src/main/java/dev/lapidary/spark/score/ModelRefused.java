package dev.lapidary.spark.score;

import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;

/**
 * An executor cannot load the model, or would answer or train otherwise than it must. Trying again
 * would not help: {@link RefusalListener} ends the job at the first one.
 */
public final class ModelRefused extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ExitCode code;

  public ModelRefused(Failure why) {
    super(why.getMessage());
    this.code = why.code();
  }

  /** What a program that ends of it exits with. */
  ExitCode code() {
    return code;
  }
}
