package dev.lapidary.runtime.batch;

import dev.lapidary.runtime.tensor.TensorNetwork;
import dev.lapidary.runtime.tensor.TensorSpec;
import dev.lapidary.runtime.tensor.TypedTensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * What was submitted together, and is answered together.
 *
 * @param inputs in the graph's order
 * @param rows of its inputs; 1 of a network without a batch
 * @param form what must be equal of those that run together: the shapes behind the first dimension
 * @param outputs names of those that are wanted
 * @param priority from 1, which leaves the queue first, to {@link Batcher#LOWEST_PRIORITY}
 */
record BatchItem(
    List<TypedTensor> inputs,
    int rows,
    List<List<Long>> form,
    Set<String> outputs,
    Deadline deadline,
    int priority,
    long sinceNanos,
    CompletableFuture<Outcome> answer) {

  /**
   * @throws IllegalArgumentException if the inputs are not the network's
   */
  static BatchItem of(
      TensorNetwork network,
      List<TypedTensor> inputs,
      Set<String> outputs,
      Deadline deadline,
      int priority) {
    if (priority < 1 || priority > Batcher.LOWEST_PRIORITY) {
      throw new IllegalArgumentException(
          "a priority is 1..%d but this one is %d".formatted(Batcher.LOWEST_PRIORITY, priority));
    }
    List<TensorSpec> specs = network.inputs();
    List<TypedTensor> ordered = new ArrayList<>(specs.size());
    for (TensorSpec spec : specs) {
      ordered.add(require(spec, inputs));
    }
    if (inputs.size() != specs.size()) {
      throw new IllegalArgumentException(
          "the network takes %d inputs but this has %d".formatted(specs.size(), inputs.size()));
    }
    return new BatchItem(
        List.copyOf(ordered),
        network.isBatched() ? rows(ordered) : 1,
        ordered.stream().map(BatchItem::behindFirst).toList(),
        Set.copyOf(outputs),
        deadline,
        priority,
        System.nanoTime(),
        new CompletableFuture<>());
  }

  private static TypedTensor require(TensorSpec spec, List<TypedTensor> inputs) {
    TypedTensor found =
        inputs.stream()
            .filter(tensor -> tensor.name().equals(spec.name()))
            .findFirst()
            .orElseThrow(() -> new IllegalArgumentException("there is no input " + spec.name()));
    if (found.type() != spec.type() || !spec.fits(found.shape())) {
      throw new IllegalArgumentException(
          "the input %s is %s of shape %s but this one is %s of shape %s"
              .formatted(spec.name(), spec.type(), spec.shape(), found.type(), found.shape()));
    }
    return found;
  }

  private static int rows(List<TypedTensor> inputs) {
    long rows = inputs.get(0).shape().get(0);
    for (TypedTensor input : inputs) {
      if (input.shape().get(0) != rows || rows < 1) {
        throw new IllegalArgumentException(
            "the inputs have one batch of at least 1 but %s has %d where %s has %d"
                .formatted(input.name(), input.shape().get(0), inputs.get(0).name(), rows));
      }
    }
    return Math.toIntExact(rows);
  }

  private static List<Long> behindFirst(TypedTensor tensor) {
    return tensor.shape().isEmpty() ? List.of() : tensor.shape().subList(1, tensor.shape().size());
  }
}
