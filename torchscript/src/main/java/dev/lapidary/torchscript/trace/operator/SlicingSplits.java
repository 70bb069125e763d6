package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.Elements;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.Shapes;
import dev.lapidary.torchscript.trace.value.SymInts;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** Indexing, Slicing, Joining, Mutating Ops: tensors cut into parts. */
final class SlicingSplits {

  private SlicingSplits() {}

  static void addTo(Map<String, Operator> table) {
    table.put("split", SlicingSplits::split);
    table.put("split_with_sizes", call -> parts(call, call.integers("split_sizes")));
  }

  static int dim(Invocation call) {
    return Shapes.dimension(call.integer("dim"), call.self().rank());
  }

  /** What the base becomes when its part {@code from} to {@code to} is another one. */
  static UnaryOperator<TensorRef> whole(
      Invocation call, TensorRef base, int dim, long from, long to) {
    IValue along = IValue.number(dim);
    long size = base.shape().get(dim).factor();
    return part -> {
      List<IValue> parts = new ArrayList<>();
      if (from > 0) {
        parts.add(part(call, base, along, 0, from));
      }
      if (to > from) {
        parts.add(part);
      }
      if (to < size) {
        parts.add(part(call, base, along, to, size));
      }
      return call.callTensor("cat", new IValue.ListOf(parts), along);
    };
  }

  private static IValue part(Invocation call, TensorRef base, IValue along, long from, long to) {
    return call.call(
        "slice", base, along, IValue.number(from), IValue.number(to), IValue.number(1));
  }

  private static IValue split(Invocation call) {
    if (call.has("split_sizes")) {
      return parts(call, call.integers("split_sizes"));
    }
    if (!(call.get("split_size") instanceof IValue.Int)) {
      return parts(call, call.integers("split_size"));
    }
    long size = SymInts.constant(call.self().shape().get(dim(call)));
    return parts(call, equalParts(call, size, call.integer("split_size")));
  }

  private static long[] equalParts(Invocation call, long size, long each) {
    if (each < 1) {
      throw ProgramRefusal.wrong("%s into parts of %d", call.operator(), each);
    }
    long count = size / each + (size % each == 0 ? 0 : 1);
    return Elements.sizes(call.budget(), count, i -> Math.min(each, size - i * each));
  }

  private static IValue parts(Invocation call, long[] sizes) {
    TensorRef self = call.self();
    int dim = dim(call);
    long total = Arrays.stream(sizes).sum();
    if (!SymInt.of(total).equals(self.shape().get(dim))) {
      throw ProgramRefusal.wrong(
          "parts of %s do not make up %s", Arrays.toString(sizes), self.shape().get(dim));
    }
    IValue along = IValue.number(dim);
    if (self.isKnown()) {
      return knownParts(call, sizes, along);
    }
    if (!call.name().equals("split_with_sizes")) {
      return call.call("split_with_sizes", self, sizes(sizes), along);
    }
    List<List<SymInt>> shapes = new ArrayList<>();
    for (long size : sizes) {
      shapes.add(Shapes.with(self.shape(), dim, SymInt.of(size)));
    }
    List<TensorRef> made =
        call.with("dim", along).recordAll(Collections.nCopies(sizes.length, self.dtype()), shapes);
    List<TensorRef> views = new ArrayList<>();
    long from = 0;
    for (int i = 0; i < made.size(); i++) {
      int index = i;
      views.add(
          TensorRef.viewOf(
              self,
              made.get(i).content(),
              base ->
                  (TensorRef)
                      call.call("split_with_sizes", base, sizes(sizes), along).toList().get(index),
              Optional.of(whole(call, self, dim, from, from + sizes[i])),
              true));
      from += sizes[i];
    }
    return new IValue.ListOf(views);
  }

  private static IValue knownParts(Invocation call, long[] sizes, IValue along) {
    List<IValue> views = new ArrayList<>();
    long from = 0;
    for (long size : sizes) {
      views.add(part(call, call.self(), along, from, from + size));
      from += size;
    }
    return new IValue.ListOf(views);
  }

  private static IValue sizes(long[] sizes) {
    return IValue.ints(SymInts.of(sizes));
  }
}
