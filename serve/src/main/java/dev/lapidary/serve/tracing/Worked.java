package dev.lapidary.serve.tracing;

import dev.lapidary.serve.inference.ModelStatistics.Stages;
import dev.lapidary.serve.repository.ModelId;

/**
 * What was done for a request that was answered.
 *
 * @param stages one after the other
 * @param endNanos of the last one, on the clock of {@link System#nanoTime()}
 */
public record Worked(ModelId model, Stages stages, long endNanos) {
  /** Has just ended. */
  public static Worked now(ModelId model, Stages stages) {
    return new Worked(model, stages, System.nanoTime());
  }
}
