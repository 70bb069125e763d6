package dev.lapidary.trainer.run.network;

import dev.lapidary.core.failure.ExitCode;
import dev.lapidary.core.failure.Failure;
import java.util.function.BooleanSupplier;

/** A user's wish that what changes no file should end. */
public final class StopRequest {
  private StopRequest() {}

  /**
   * @throws Failure (exit 130) if there is one
   */
  public static void requireNone(BooleanSupplier stop) {
    if (stop.getAsBoolean()) {
      throw new Failure(ExitCode.INTERRUPTED, "interrupted; nothing was changed");
    }
  }
}
