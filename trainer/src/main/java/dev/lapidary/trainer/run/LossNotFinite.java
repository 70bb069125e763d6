package dev.lapidary.trainer.run;

import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;

/** Training has diverged: exit 1, with the step and the likely cause. */
final class LossNotFinite extends Failure {
  private static final long serialVersionUID = 1L;

  LossNotFinite(String message) {
    super(ExitCode.FAILED, message);
  }
}
