package dev.lapidary.runtime.tensor;

import java.util.List;
import java.util.Set;

/** A network whose inputs and outputs are named tensors. Thread-safe. */
public interface TensorNetwork {
  /** In the graph's order. */
  List<TensorSpec> inputs();

  /** In the graph's order. */
  List<TensorSpec> outputs();

  /** Whether the first dimension of all inputs and outputs is open, which is then the batch's. */
  default boolean isBatched() {
    return inputs().stream().allMatch(TensorSpec::isBatched)
        && outputs().stream().allMatch(TensorSpec::isBatched);
  }

  /**
   * One run.
   *
   * @param inputs each of the graph's once, of its type and a shape that fits
   * @param outputs names of those that are wanted
   * @return those outputs, in the graph's order
   * @throws Unrunnable if the network cannot be run on them
   */
  List<TypedTensor> run(List<TypedTensor> inputs, Set<String> outputs) throws Unrunnable;

  /** The network failed on these inputs. */
  final class Unrunnable extends Exception {
    private static final long serialVersionUID = 1L;

    public Unrunnable(String message, Throwable cause) {
      super(message, cause);
    }

    public Unrunnable(String message) {
      super(message);
    }
  }
}
