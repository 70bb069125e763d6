package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
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
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Indexing, Slicing, Joining, Mutating Ops: tensors joined to one. */
final class Joining {

  private Joining() {}

  static void addTo(Map<String, Operator> table) {
    table.put("cat", Joining::cat);
    table.put("repeat", call -> repeat(call, "repeats"));
    table.put("tile", call -> repeat(call, "dims"));
  }

  private static IValue cat(Invocation call) {
    // A tensor of shape [0] may be joined to any other, and adds nothing.
    List<TensorRef> tensors =
        call.tensors("tensors").stream()
            .filter(t -> !t.shape().equals(List.of(SymInt.of(0))))
            .toList();
    if (tensors.isEmpty()) {
      throw ProgramRefusal.wrong("cat of no tensors");
    }
    List<SymInt> first = tensors.get(0).shape();
    int dim = Shapes.dimension(call.integer("dim"), first.size());
    SymInt size = SymInt.of(0);
    for (TensorRef tensor : tensors) {
      if (!alike(first, tensor.shape(), dim)) {
        throw ProgramRefusal.wrong(
            "cat along %d of shapes %s",
            dim, tensors.stream().map(t -> t.shape().toString()).collect(Collectors.joining(", ")));
      }
      size = SymInts.add(size, tensor.shape().get(dim));
    }
    if (tensors.size() == 1) {
      return new TensorRef(tensors.get(0).content());
    }
    List<SymInt> shape = Shapes.with(first, dim, size);
    DType dtype = Shapes.promote(tensors.toArray(new IValue[0]));
    if (call.allKnown()) {
      return joined(call, tensors, dim, Shapes.constants(shape), dtype);
    }
    return call.with("tensors", new IValue.ListOf(tensors))
        .with("dim", IValue.number(dim))
        .record(dtype, shape);
  }

  private static boolean alike(List<SymInt> a, List<SymInt> b, int except) {
    return a.size() == b.size()
        && IntStream.range(0, a.size()).allMatch(d -> d == except || a.get(d).equals(b.get(d)));
  }

  private static IValue joined(
      Invocation call, List<TensorRef> tensors, int dim, long[] shape, DType dtype) {
    Tensor all = Elements.allocate(call.budget(), dtype, shape);
    long at = 0;
    for (TensorRef ref : tensors) {
      Tensor tensor = ref.tensor("cat");
      Elements.write(
          all.view(
              tensor.shape(), all.strides(), tensor.numel() == 0 ? 0 : at * all.strides()[dim]),
          tensor);
      at += tensor.size(dim);
    }
    return TensorRef.known(all);
  }

  private static IValue repeat(Invocation call, String parameter) {
    TensorRef self = call.self();
    List<SymInt> repeats = new ArrayList<>(call.dims(parameter));
    if (parameter.equals("dims")) {
      while (repeats.size() < self.rank()) {
        repeats.add(0, SymInt.of(1));
      }
    }
    int missing = repeats.size() - self.rank();
    if (missing < 0) {
      throw ProgramRefusal.wrong("repeat(%s) of a tensor of shape %s", repeats, self.shape());
    }
    List<SymInt> own = new ArrayList<>(Collections.nCopies(missing, SymInt.of(1)));
    own.addAll(self.shape());
    boolean grows = false;
    boolean onlyOnes = true;
    List<SymInt> shape = new ArrayList<>();
    for (int d = 0; d < own.size(); d++) {
      boolean once = SymInts.isOne(repeats.get(d));
      grows |= !once;
      onlyOnes &= once || SymInts.isOne(own.get(d));
      shape.add(SymInts.multiply(own.get(d), repeats.get(d)));
    }
    IValue lifted = call.call("reshape", self, IValue.ints(own));
    if (!grows) {
      return new TensorRef(((TensorRef) lifted).content());
    }
    if (onlyOnes) {
      IValue wide = call.call("expand", lifted, IValue.ints(shape));
      return new TensorRef(((TensorRef) wide).content());
    }
    return interleaved(call, (TensorRef) lifted, own, repeats, shape);
  }

  /** {@code [a, b] -> [1, a, 1, b] -> [r, a, s, b] -> [r a, s b]}. */
  private static IValue interleaved(
      Invocation call,
      TensorRef lifted,
      List<SymInt> own,
      List<SymInt> repeats,
      List<SymInt> shape) {
    List<SymInt> apart = new ArrayList<>();
    List<SymInt> wide = new ArrayList<>();
    for (int d = 0; d < own.size(); d++) {
      apart.addAll(List.of(SymInt.of(1), own.get(d)));
      wide.addAll(List.of(repeats.get(d), own.get(d)));
    }
    IValue split = call.call("reshape", lifted, IValue.ints(apart));
    IValue expanded = call.call("expand", split, IValue.ints(wide));
    return call.call("reshape", expanded, IValue.ints(shape));
  }
}
