package dev.lapidary.trainer.run.step;

import dev.lapidary.trainer.run.network.NotFinite;

/** Training has diverged: exit 1, with the step and the likely cause. */
final class LossNotFinite extends NotFinite {
  private static final long serialVersionUID = 1L;

  LossNotFinite(String message) {
    super(message);
  }
}
