package dev.lapidary.runtime.batch;

import dev.lapidary.runtime.tensor.TypedTensor;
import java.util.List;

/** What became of what was submitted: each gets exactly one of these. */
public sealed interface Outcome {
  /**
   * It was run.
   *
   * @param outputs those that are wanted, in the graph's order, of its own rows
   * @param batchSize rows of the batch that it ran in, its own included
   * @param queueNanos how long it waited for the executor
   * @param inferNanos how long its batch ran
   */
  record Ran(List<TypedTensor> outputs, int batchSize, long queueNanos, long inferNanos)
      implements Outcome {
    public Ran {
      outputs = List.copyOf(outputs);
    }
  }

  /** The network failed on it alone; its neighbours have been answered. */
  record Failed(String message) implements Outcome {}

  /** Its deadline passed before its batch began; it was never run. */
  record Late() implements Outcome {}
}
