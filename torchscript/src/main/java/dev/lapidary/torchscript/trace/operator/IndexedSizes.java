package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.Elements;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.Shapes;
import dev.lapidary.torchscript.trace.value.SymInts;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * The dimensions of a tensor that {@code x[:, i, j]} indexes, brought together into one.
 *
 * @param dims in rising order
 * @param indices whole numbers, one tensor a dimension; they broadcast
 */
record IndexedSizes(TensorRef self, List<Integer> dims, List<TensorRef> indices) {

  /** Each constant mask becomes the places where it is true. */
  static IndexedSizes of(Invocation call) {
    TensorRef self = call.self();
    List<Integer> dims = new ArrayList<>();
    List<TensorRef> indices = new ArrayList<>();
    int dim = 0;
    for (IValue item : call.get("indices").toList()) {
      if (!(item instanceof TensorRef index)) {
        dim++;
        continue;
      }
      for (TensorRef indexTensor : isMask(index) ? nonzero(call, index) : List.of(index)) {
        requireInteger(indexTensor);
        dims.add(dim++);
        indices.add(indexTensor);
      }
    }
    if (dim > self.rank()) {
      throw ProgramRefusal.wrong("%d indices of a tensor of shape %s", dim, self.shape());
    }
    return new IndexedSizes(self, List.copyOf(dims), List.copyOf(indices));
  }

  static boolean isMask(TensorRef index) {
    return index.dtype() == DType.BOOL || index.dtype() == DType.UINT8;
  }

  private static void requireInteger(TensorRef index) {
    if (index.dtype().isFloating()) {
      throw ProgramRefusal.wrong("an index of type %s", index.dtype());
    }
  }

  /** For each dimension of a mask, where its true elements lie. */
  static List<TensorRef> nonzero(Invocation call, TensorRef mask) {
    if (!mask.isKnown()) {
      throw ProgramRefusal.unsupported("a mask as an index, whose result's size depends on data");
    }
    Tensor known = mask.tensor("a mask");
    double[] values = known.toDoubles();
    long[] at =
        IntStream.range(0, values.length).filter(i -> values[i] != 0).asLongStream().toArray();
    long[] strides = Tensor.contiguousStrides(known.shape());
    List<TensorRef> indices = new ArrayList<>();
    for (int d = 0; d < strides.length; d++) {
      long size = known.size(d);
      long stride = strides[d];
      indices.add(
          Elements.integers(
              call.budget(), DType.INT64, new long[] {at.length}, i -> at[i] / stride % size));
    }
    return indices;
  }

  boolean isEmpty() {
    return indices.isEmpty();
  }

  boolean allKnown() {
    return indices.stream().allMatch(TensorRef::isKnown);
  }

  /** The indices' shape, which takes the dimensions' place in the result. */
  List<SymInt> broadcast() {
    List<SymInt> shape = List.of();
    for (TensorRef index : indices) {
      shape = Shapes.broadcast(shape, index.shape());
    }
    return shape;
  }

  /** Where the result has the indices' shape: at its front if ':' lies between two of them. */
  int first() {
    boolean adjacent = dims.get(dims.size() - 1) - dims.get(0) == dims.size() - 1;
    return adjacent ? dims.get(0) : 0;
  }

  /** The dimensions' order in which those that are indexed follow each other. */
  int[] order() {
    List<Integer> order =
        new ArrayList<>(
            IntStream.range(0, self.rank()).boxed().filter(d -> !dims.contains(d)).toList());
    order.addAll(first(), dims);
    return order.stream().mapToInt(Integer::intValue).toArray();
  }

  /** The sizes in that order. */
  List<SymInt> ordered() {
    return IntStream.of(order()).mapToObj(d -> self.shape().get(d)).toList();
  }

  /** The tensor with one dimension, {@link #first}, in place of those that are indexed. */
  TensorRef merged(Invocation call) {
    if (dims.size() == 1) {
      return self;
    }
    List<SymInt> sizes = ordered();
    int behind = first() + dims.size();
    SymInt all = SymInts.product(sizes.subList(first(), behind));
    List<SymInt> shape = Shapes.replaced(sizes, first(), behind, List.of(all));
    IValue turned = call.call("permute", self, IValue.ints(order()));
    return call.callTensor("reshape", turned, IValue.ints(shape));
  }

  /** Where in that dimension the indices point to. */
  TensorRef joined(Invocation call) {
    TensorRef joined = null;
    for (int i = 0; i < dims.size(); i++) {
      SymInt size = self.shape().get(dims.get(i));
      TensorRef index = indices.get(i);
      if (size.perBatch() && index.isKnown()) {
        throw ProgramRefusal.unsupported("samples of the batch are selected by their numbers");
      }
      if (dims.size() == 1) {
        return index;
      }
      TensorRef nonNegative = counted(call, index, size);
      IValue before = joined == null ? nonNegative : call.call("mul", joined, new IValue.Int(size));
      joined = joined == null ? nonNegative : call.callTensor("add", before, nonNegative);
    }
    return Objects.requireNonNull(joined);
  }

  /** From the front, and inside. */
  private static TensorRef counted(Invocation call, TensorRef index, SymInt size) {
    if (size.perBatch()) {
      return index;
    }
    if (index.isKnown()) {
      for (long value : index.tensor("an index").toLongs()) {
        Shapes.index(value, size.factor());
      }
    }
    IValue wrapped = call.call("add", index, new IValue.Int(size));
    IValue negative = call.call("lt", index, IValue.number(0));
    return call.callTensor("where", negative, wrapped, index);
  }
}
