package dev.lapidary.trainer.plan;

import dev.lapidary.trainer.program.Precision;

/** {@code precision} of a run; {@link #AUTO} until it has been measured. */
public enum PrecisionChoice {
  AUTO,
  FP32,
  BF16,
  FP16;

  public static PrecisionChoice of(Precision precision) {
    return valueOf(precision.name());
  }

  /** As the program takes it, once it has been measured. */
  public Precision precision() {
    if (this == AUTO) {
      throw new IllegalStateException("precision is not measured yet");
    }
    return Precision.valueOf(name());
  }
}
