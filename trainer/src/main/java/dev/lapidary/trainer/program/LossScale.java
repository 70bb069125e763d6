package dev.lapidary.trainer.program;

import java.io.Serializable;

/**
 * The factor that keeps fp16's gradients from vanishing: {@code torch.cuda.amp.GradScaler}'s rule
 * and numbers.
 *
 * @param goodSteps since it was last changed
 */
public record LossScale(double scale, int goodSteps) implements Serializable {
  /** {@code GradScaler}'s first scale; a power of two changes no bit of a gradient's mantissa. */
  public static final LossScale START = new LossScale(65536, 0);

  public static final LossScale NONE = new LossScale(1, 0);
  private static final int GROWTH_INTERVAL = 2000;

  /** After a step whose gradients were finite or not. */
  public LossScale after(boolean finite) {
    if (!finite) {
      return new LossScale(scale / 2, 0);
    }
    return goodSteps + 1 == GROWTH_INTERVAL
        ? new LossScale(scale * 2, 0)
        : new LossScale(scale, goodSteps + 1);
  }
}
