package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.Elements;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.Shapes;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntUnaryOperator;

/** Indices of writes, and rows written at them. */
final class ScatterIndices {

  private ScatterIndices() {}

  static int requireIndex(Invocation call) {
    TensorRef self = call.self();
    TensorRef index = call.tensor("index");
    if (index.dtype() != DType.INT64 || self.rank() == 0 || index.rank() != self.rank()) {
      throw ProgramRefusal.wrong(
          "%s of a tensor of shape %s by %s of shape %s",
          call.operator(), self.shape(), index.dtype(), index.shape());
    }
    int dim = call.ownDimension("it takes from other samples of the batch");
    for (int d = 0; d < self.rank(); d++) {
      if (d != dim) {
        requireRoom(call, self, index.shape(), d);
      }
    }
    if (index.isKnown()) {
      requireAllInside(index.tensor(call.operator()), self.shape().get(dim).factor());
    }
    return dim;
  }

  static void requireRoom(Invocation call, TensorRef tensor, List<SymInt> indices, int d) {
    SymInt size = tensor.shape().get(d);
    SymInt count = indices.get(d);
    boolean fits = !size.perBatch() && !count.perBatch() && count.factor() <= size.factor();
    if (!fits && !count.equals(size)) {
      throw ProgramRefusal.wrong(
          "%s of a tensor of shape %s by an index of shape %s",
          call.operator(), tensor.shape(), indices);
    }
  }

  private static void requireAllInside(Tensor index, long size) {
    for (Tensor.Walk walk = index.walk(); walk.hasNext(); ) {
      long position = index.longAt(walk.next());
      if (position < 0 || position >= size) {
        throw ProgramRefusal.wrong("index %d of a dimension of size %d", position, size);
      }
    }
  }

  /** Where in a row-major tensor of a shape the index's i-th element points to. */
  static IntUnaryOperator offsets(Invocation call, long[] sizes, int dim) {
    long[] index = call.known("index").toLongs();
    long[] shape = call.known("index").shape();
    long[] strides = Tensor.contiguousStrides(sizes);
    return i -> {
      long remainder = i;
      long at = 0;
      for (int d = shape.length - 1; d >= 0; d--) {
        at += (d == dim ? index[i] : remainder % shape[d]) * strides[d];
        remainder /= shape[d];
      }
      return Math.toIntExact(at);
    };
  }

  static int dim(Invocation call) {
    return call.ownDimension("it writes to samples of the batch");
  }

  static long size(Invocation call) {
    return call.self().shape().get(dim(call)).factor();
  }

  /** What an index along the dimension tells. */
  static long[] indices(Invocation call) {
    if (!call.tensor("index").isKnown()) {
      throw ProgramRefusal.unsupported("%s at places that depend on the image", call.operator());
    }
    requireAllInside(call.known("index"), size(call));
    return call.known("index").toLongs();
  }

  /** The rows at the places are the source's, which lie behind those of the tensor. */
  static IValue written(Invocation call, long[] indices, IValue source) {
    return written(call, call.self(), dim(call), indices, source);
  }

  /** The same of another tensor: at places that are named twice the last one stays. */
  static IValue written(Invocation call, TensorRef self, int dim, long[] indices, IValue source) {
    IValue along = IValue.number(dim);
    TensorRef rows = call.callTensor("type_as", source, self);
    List<SymInt> expected = Shapes.with(self.shape(), dim, SymInt.of(indices.length));
    if (!rows.shape().equals(expected)) {
      throw ProgramRefusal.wrong("%s of %s where %s goes", call.operator(), rows.shape(), expected);
    }
    long size = self.shape().get(dim).factor();
    long[] from = Elements.longs(call.budget(), size);
    Arrays.setAll(from, i -> i);
    for (int i = 0; i < indices.length; i++) {
      from[Math.toIntExact(indices[i])] = size + i;
    }
    IValue both = call.call("cat", new IValue.ListOf(List.of(self, rows)), along);
    return call.call("index_select", both, along, Elements.vector(call.budget(), from));
  }
}
