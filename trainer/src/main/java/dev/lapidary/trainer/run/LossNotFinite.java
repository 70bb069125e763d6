package dev.lapidary.trainer.run;

/** Training has diverged: exit 1, with the step and the likely cause. */
final class LossNotFinite extends NotFinite {
  private static final long serialVersionUID = 1L;

  LossNotFinite(String message) {
    super(message);
  }
}
