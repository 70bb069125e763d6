package dev.lapidary.trainer.plan;

import dev.lapidary.trainer.program.Precision;
import java.util.Optional;

/** {@code precision} of a run; {@link #AUTO} until it has been measured. */
public enum PrecisionChoice {
  AUTO(Optional.empty()),
  FP32(Optional.of(Precision.FP32)),
  BF16(Optional.of(Precision.BF16)),
  FP16(Optional.of(Precision.FP16));

  private final Optional<Precision> precision;

  PrecisionChoice(Optional<Precision> precision) {
    this.precision = precision;
  }

  public static PrecisionChoice of(Precision precision) {
    return valueOf(precision.name());
  }

  /** As the program takes it. */
  public Precision precision() {
    return precision.orElseThrow(() -> new IllegalStateException("precision is not measured yet"));
  }
}
