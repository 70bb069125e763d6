package dev.lapidary.trainer.run.planning;

import dev.lapidary.torchscript.graph.Argument;
import dev.lapidary.torchscript.graph.Graph;
import dev.lapidary.torchscript.graph.Node;
import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.trainer.run.network.Network;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * How much memory the results of a network's operators take in a training step, by their shapes: a
 * result that a gradient flows through stays until the backward pass, another one until it is used.
 * An upper bound: operators that work in place, and those whose result no gradient needs, take
 * less.
 */
record ActivationBytes(Graph graph) {
  /** These give another look at the same memory. */
  private static final Set<String> VIEWS =
      Set.of(
          """
          aten::view aten::reshape aten::flatten aten::permute aten::transpose aten::t
          aten::expand aten::slice aten::select aten::unsqueeze aten::squeeze aten::chunk
          aten::split aten::unbind aten::detach aten::dropout aten::contiguous
          """
              .split("\\s+"));

  /** Empty if the network cannot be traced. */
  static Optional<ActivationBytes> of(Network network) {
    return network.traced().map(ActivationBytes::new);
  }

  /**
   * @param trained names of parameters
   */
  long at(int batch, Set<String> trained) {
    Set<Integer> withGradient = new HashSet<>();
    long kept = bytes(graph.inputs().get(0), batch);
    long passing = 0;
    for (Node node : graph.nodes()) {
      boolean flows =
          node.arguments().stream()
              .flatMap(Argument::flat)
              .anyMatch(a -> flows(a, trained, withGradient));
      long size =
          VIEWS.contains(node.operator())
              ? 0
              : node.outputs().stream().mapToLong(output -> bytes(output, batch)).sum();
      if (flows) {
        node.outputs().forEach(output -> withGradient.add(output.id()));
        kept += size;
      } else {
        passing = Math.max(passing, 2 * size);
      }
    }
    return Math.max(kept, passing);
  }

  private static boolean flows(Argument argument, Set<String> trained, Set<Integer> withGradient) {
    return argument instanceof Argument.Value value
        ? withGradient.contains(value.id())
        : argument instanceof Argument.Constant constant && trained.contains(constant.name());
  }

  private static long bytes(Argument.Value value, int batch) {
    long elements =
        value.shape().stream().mapToLong((SymInt dim) -> dim.at(batch)).reduce(1, (a, b) -> a * b);
    return elements * value.dtype().bytes();
  }
}
