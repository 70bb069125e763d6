package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.Content;
import dev.lapidary.torchscript.trace.value.Elements;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.Shapes;
import dev.lapidary.torchscript.trace.value.SymInts;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/** Indexing, Slicing, Joining, Mutating Ops: one part of a tensor. */
final class Slicing {

  private Slicing() {}

  static void addTo(Map<String, Operator> table) {
    table.put("select", Slicing::select);
    table.put("slice", Slicing::slice);
    table.put("unfold", Slicing::unfold);
  }

  private static IValue select(Invocation call) {
    TensorRef self = call.self();
    int dim = SlicingSplits.dim(call);
    SymInt size = self.shape().get(dim);
    if (size.perBatch()) {
      throw ProgramRefusal.unsupported("one sample of the batch is selected");
    }
    long index = Shapes.index(call.integer("index"), size.factor());
    if (self.content() instanceof Content.Known known) {
      return new TensorRef(
          known.view(
              without(known.sizes(), dim),
              without(known.strides(), dim),
              known.offset() + index * known.strides()[dim]));
    }
    List<SymInt> shape = Shapes.replaced(self.shape(), dim, dim + 1, List.of());
    IValue at = IValue.number(index);
    IValue along = IValue.number(dim);
    TensorRef made = call.with("dim", along).with("index", at).record(self.dtype(), shape);
    UnaryOperator<TensorRef> whole = SlicingSplits.whole(call, self, dim, index, index + 1);
    return TensorRef.viewOf(
        self,
        made.content(),
        base -> call.callTensor("select", base, along, at),
        Optional.of(part -> whole.apply(call.callTensor("unsqueeze", part, along))),
        true);
  }

  /** The same of each step-th element: these places take theirs from behind the base. */
  private static UnaryOperator<TensorRef> interleaved(
      Invocation call, TensorRef base, int dim, long from, long step, long count) {
    IValue along = IValue.number(dim);
    long size = base.shape().get(dim).factor();
    long end = from + count * step;
    return part -> {
      IValue both = call.call("cat", new IValue.ListOf(List.of(base, part)), along);
      TensorRef indices =
          Elements.integers(
              call.budget(),
              DType.INT64,
              new long[] {size},
              i -> i >= from && i < end && (i - from) % step == 0 ? size + (i - from) / step : i);
      return call.callTensor("index_select", both, along, indices);
    };
  }

  private static long[] without(long[] values, int at) {
    return IntStream.range(0, values.length)
        .filter(i -> i != at)
        .mapToLong(i -> values[i])
        .toArray();
  }

  private static IValue slice(Invocation call) {
    TensorRef self = call.self();
    int dim = SlicingSplits.dim(call);
    SymInt size = self.shape().get(dim);
    long step = call.integer("step");
    if (step < 1) {
      throw ProgramRefusal.wrong("a slice with the step %d", step);
    }
    SymInt start = call.isNone("start") ? SymInt.of(0) : call.dim("start");
    SymInt end = call.isNone("end") ? size : call.dim("end");
    boolean whole =
        start.equals(SymInt.of(0))
            && (reaches(end, size) || call.dispatcher().literals().isWhole(end, size));
    if (whole && step == 1) {
      return self.isKnown() ? new TensorRef(self.content()) : Views.alias(self, true);
    }
    if (size.perBatch()) {
      throw ProgramRefusal.unsupported("a part of the batch is selected");
    }
    long from = bound(start, size.factor());
    long to = Math.max(from, whole ? size.factor() : bound(end, size.factor()));
    long count = (to - from + step - 1) / step;
    if (self.content() instanceof Content.Known known) {
      long[] sizes = known.sizes().clone();
      long[] strides = known.strides().clone();
      long offset = known.offset() + (count == 0 ? 0 : from * strides[dim]);
      sizes[dim] = count;
      strides[dim] *= step;
      return new TensorRef(known.view(sizes, strides, offset));
    }
    List<SymInt> shape = Shapes.with(self.shape(), dim, SymInt.of(count));
    IValue[] exact = {
      IValue.number(dim), IValue.number(from), IValue.number(to), IValue.number(step)
    };
    TensorRef made =
        call.with("dim", exact[0])
            .with("start", exact[1])
            .with("end", exact[2])
            .record(self.dtype(), shape);
    return TensorRef.viewOf(
        self,
        made.content(),
        base -> call.callTensor("slice", base, exact[0], exact[1], exact[2], exact[3]),
        Optional.of(
            step == 1
                ? SlicingSplits.whole(call, self, dim, from, to)
                : interleaved(call, self, dim, from, step, count)),
        true);
  }

  /** Whether a slice's end lies at the size or behind it. */
  private static boolean reaches(SymInt end, SymInt size) {
    return end.equals(size)
        || (!end.perBatch() && end.factor() == Long.MAX_VALUE)
        || (end.perBatch() == size.perBatch() && end.factor() >= size.factor());
  }

  private static long bound(SymInt given, long size) {
    long index = SymInts.constant(given);
    return Math.max(0, Math.min(index < 0 ? index + size : index, size));
  }

  /** {@code x.unfold(dim, size, step)}: the windows in dim's place, their elements at the end. */
  private static IValue unfold(Invocation call) {
    TensorRef self = call.self();
    int dim = Shapes.dimension(call.integer("dimension"), self.rank());
    long length = SymInts.constant(self.shape().get(dim));
    long size = call.integer("size");
    long step = call.integer("step");
    if (size < 0 || size > length || step < 1) {
      throw ProgramRefusal.wrong(
          "windows of %d, step %d, of a dimension of %d", size, step, length);
    }
    TensorRef indices =
        Elements.integers(
            call.budget(),
            DType.INT64,
            new long[] {(length - size) / step + 1, size},
            i -> i / size * step + i % size);
    IValue windows = Indexing.at(call, self, dim, indices);
    return call.call("movedim", windows, IValue.number(dim + 1L), IValue.number(-1));
  }
}
