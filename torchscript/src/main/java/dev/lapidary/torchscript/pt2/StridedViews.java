package dev.lapidary.torchscript.pt2;

import dev.lapidary.core.failure.Failure;
import dev.lapidary.core.failure.Quote;
import dev.lapidary.torchscript.pt2.ExportNode.Input;
import java.util.List;
import java.util.Optional;

/**
 * {@code as_strided}, which {@code run_decompositions} leaves behind a pooling, as the view that it
 * is. Elements of a tensor that lies in order in memory, taken in order, are a reshape of it;
 * strides of dimensions of one element mean nothing.
 */
final class StridedViews {
  private static final String TARGET = "torch.ops.aten.as_strided.default";

  private StridedViews() {}

  /**
   * @throws Failure exit 4 if it takes elements out of order, twice or not at all
   */
  static ExportedProgram written(ExportedProgram program) {
    return program.withNodes(
        program.nodes().stream()
            .map(node -> node.target().equals(TARGET) ? view(program, node) : node)
            .toList());
  }

  private static ExportNode view(ExportedProgram program, ExportNode node) {
    Optional<TensorMeta> from = program.meta(node.argument("self"));
    Optional<TensorMeta> to =
        node.outputs().stream().findFirst().map(output -> program.metas().get(output.name()));
    ExportArgument offset = node.argument("storage_offset");
    boolean atStart =
        offset == ExportArgument.None.NONE
            || (offset instanceof ExportArgument.Int first && first.value() == 0);
    if (from.isPresent()
        && to.isPresent()
        && atStart
        && isInOrder(from.get())
        && isInOrder(to.get())
        && elements(from.get()) == elements(to.get())) {
      Input self = new Input("self", node.argument("self"));
      Input shape = new Input("shape", node.argument("size"));
      return node.by("reshape", List.of(self, shape));
    }
    throw Failure.unsupported(
        "%s takes a tensor's elements out of their order in memory; write it by view, permute or"
            + " slices before the export",
        Quote.of(TARGET));
  }

  /** Whether the last dimension's elements lie next to each other, and so on outwards. */
  private static boolean isInOrder(TensorMeta meta) {
    List<Long> sizes = meta.sizes();
    List<Long> strides = meta.strides();
    if (sizes.size() != strides.size() || meta.offset() != 0) {
      return false;
    }
    long next = 1;
    for (int d = sizes.size() - 1; d >= 0; d--) {
      if (sizes.get(d) == 0) { // not fixed: in the order of the batch it is the outermost
        return d == firstOfSeveral(sizes) && strides.get(d) == next;
      }
      if (sizes.get(d) != 1) {
        if (strides.get(d) != next) {
          return false;
        }
        next *= sizes.get(d);
      }
    }
    return true;
  }

  private static int firstOfSeveral(List<Long> sizes) {
    int first = 0;
    while (sizes.get(first) == 1) {
      first++;
    }
    return first;
  }

  /** Of one image. */
  private static long elements(TensorMeta meta) {
    return meta.sizes().stream().filter(size -> size != 0).reduce(1L, (a, b) -> a * b);
  }
}
