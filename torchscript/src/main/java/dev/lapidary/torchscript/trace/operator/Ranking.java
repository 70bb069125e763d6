package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.Shapes;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.List;

/** The first of the sorted elements along a dimension. */
final class Ranking {

  private Ranking() {}

  static IValue pair(Invocation call, List<SymInt> shape) {
    DType dtype = call.self().dtype();
    return IValue.TupleOf.of(
        List.copyOf(call.recordAll(List.of(dtype, DType.INT64), List.of(shape, shape))));
  }

  static int dimension(Invocation call) {
    TensorRef self = call.self();
    int dim = Shapes.dimension(call.integer("dim"), self.rank());
    if (self.rank() == 0 || self.shape().get(dim).perBatch()) {
      throw ProgramRefusal.unsupported(
          "%s along dimension %d of %s: it compares the samples of a batch",
          call.operator(), dim, self.shape());
    }
    return dim;
  }
}
