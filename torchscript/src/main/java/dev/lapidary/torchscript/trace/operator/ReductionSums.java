package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.Shapes;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Reduction Ops: sums, means, products and norms. */
final class ReductionSums {

  private ReductionSums() {}

  static void addTo(Map<String, Operator> table) {
    table.put("sum_to_size", ReductionSums::sumToSize);
    table.put("sum", call -> Reductions.reduce(call, "sum"));
    table.put("mean", call -> Reductions.reduce(call, "mean"));
    table.put("prod", ReductionSums::prod);
    table.put("linalg_vector_norm", ReductionSums::linalgVectorNorm);
  }

  /** What broadcasting made wider is summed up again. */
  private static IValue sumToSize(Invocation call) {
    List<SymInt> from = call.self().shape();
    List<SymInt> to = call.dims("size");
    int missing = from.size() - to.size();
    List<SymInt> summed = new ArrayList<>();
    for (int d = 0; d < from.size(); d++) {
      if (d < missing || !from.get(d).equals(to.get(d - missing))) {
        summed.add(SymInt.of(d));
      }
    }
    if (missing < 0 || !Shapes.broadcast(from, to).equals(from)) {
      throw ProgramRefusal.wrong("%s of shape %s to %s", call.operator(), from, to);
    }
    IValue sum =
        summed.isEmpty()
            ? call.self()
            : call.call("sum", call.self(), IValue.ints(summed), IValue.bool(true));
    return call.call("reshape", sum, IValue.ints(to));
  }

  /** Along one dimension; of constants also of all. */
  private static IValue prod(Invocation given) {
    TensorRef self = given.self();
    if (!given.isNone("dtype")) {
      self = given.callTensor("to", self, given.get("dtype"));
    }
    boolean all = !given.has("dim");
    if (all && !given.allKnown()) {
      throw ProgramRefusal.unsupported(
          "%s over all dimensions, and so over the batch", given.operator());
    }
    long[] along = all ? new long[0] : new long[] {given.integer("dim")};
    int[] dims = Shapes.dimensions(along, self.rank());
    boolean keep = !all && given.flag("keepdim");
    DType dtype = self.dtype().isFloating() ? self.dtype() : DType.INT64;
    if (given.allKnown()) {
      return Reductions.fold(given, self, dims, keep, dtype, 1, (a, b) -> a * b, x -> x);
    }
    return given
        .with("self", self)
        .with("dim", IValue.number(dims[0]))
        .with("dtype", IValue.None.NONE)
        .record(dtype, Shapes.reduced(self.shape(), dims, keep));
  }

  private static IValue linalgVectorNorm(Invocation call) {
    TensorRef self = call.self();
    if (call.gives("dtype")) {
      throw ProgramRefusal.unsupported("a norm in another element type");
    }
    int[] dims = Shapes.dimensions(Reductions.dims(call), self.rank());
    boolean keep = call.flag("keepdim");
    double order = call.real("ord");
    boolean usual = order == 1 || order == 2 || Double.isInfinite(order);
    if (call.allKnown() ? order != 2 : !usual) {
      return call.decomposed();
    }
    if (!call.allKnown()) {
      return call.with("dim", IValue.ints(dims))
          .record(self.dtype(), Shapes.reduced(self.shape(), dims, keep));
    }
    return Reductions.fold(
        call, self, dims, keep, self.dtype(), 0, (sum, x) -> sum + x * x, Math::sqrt);
  }
}
