package dev.lapidary.models.trace;

import dev.lapidary.models.graph.Dim;
import dev.lapidary.models.tensor.DType;
import dev.lapidary.models.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code aten::index}: a tensor indexed by integer tensors, {@code x[:, i]}. */
final class Indexing {
  private Indexing() {}

  static Datum index(Invocation call) {
    TensorRef self = call.self();
    List<@Nullable TensorRef> indices = new ArrayList<>();
    List<Dim> broadcast = List.of();
    for (Datum item : Invocation.items(call.get("indices"))) {
      TensorRef index = item instanceof TensorRef tensor ? tensor : null;
      if (index != null) {
        requireInteger(index);
        broadcast = Shapes.broadcast(broadcast, index.shape());
      }
      indices.add(index);
    }
    if (indices.size() > self.rank()) {
      throw Refusal.wrong("%d indices of a tensor of shape %s", indices.size(), self.shape());
    }
    int first = 0;
    while (first < indices.size() && indices.get(first) == null) {
      first++;
    }
    int last = indices.size() - 1;
    while (last > first && indices.get(last) == null) {
      last--;
    }
    for (int i = first; i <= last; i++) {
      if (indices.get(i) == null) {
        throw Refusal.unsupported("an index with ':' between two tensors");
      }
    }
    if (first == indices.size()) {
      return new TensorRef(self.content());
    }
    List<Dim> shape = new ArrayList<>(self.shape().subList(0, first));
    shape.addAll(broadcast);
    shape.addAll(self.shape().subList(last + 1, self.rank()));
    return call.allKnown()
        ? evaluate(call, indices.subList(first, last + 1), first, broadcast, shape)
        : call.record(self.dtype(), shape);
  }

  /** A row of the table for each index. */
  static Datum embedding(Invocation call) {
    Datum rows = new Datum.ListOf(List.of(call.tensor("indices")));
    return call.call("index", call.get("weight"), rows);
  }

  /** {@code x[mask] = number}. */
  static Datum put(Invocation call) {
    List<Datum> indices = Invocation.items(call.get("indices"));
    boolean masked =
        indices.size() == 1
            && indices.get(0) instanceof TensorRef mask
            && mask.dtype() == DType.BOOL
            && mask.shape().equals(call.self().shape());
    if (!masked || call.flag("accumulate") || call.tensor("values").rank() > 0) {
      throw Refusal.unsupported(
          "%s of other than one number where a mask is true", call.operator());
    }
    return call.call("masked_fill", call.self(), indices.get(0), call.get("values"));
  }

  private static void requireInteger(TensorRef index) {
    if (index.dtype().isFloating()) {
      throw Refusal.wrong("an index of type %s", index.dtype());
    }
    if (index.dtype() == DType.BOOL || index.dtype() == DType.UINT8) {
      throw Refusal.unsupported("a mask as an index, whose result's size depends on data");
    }
  }

  private static Datum evaluate(
      Invocation call,
      List<@Nullable TensorRef> indices,
      int first,
      List<Dim> broadcast,
      List<Dim> shape) {
    Tensor self = call.known("self");
    long[] inner = Shapes.constants(broadcast);
    int picks = Math.toIntExact(Tensor.numel(inner));
    call.operators().budget().allocate(8L * picks);
    long[] offsets = new long[picks];
    for (int i = 0; i < indices.size(); i++) {
      TensorRef ref = indices.get(i);
      if (ref == null) {
        continue;
      }
      long size = self.size(first + i);
      long stride = self.strides()[first + i];
      long[] values =
          Elements.expand(call.operators().budget(), ref.tensor("index"), inner).toLongs();
      for (int p = 0; p < picks; p++) {
        long value = values[p] < 0 ? values[p] + size : values[p];
        if (value < 0 || value >= size) {
          throw Refusal.wrong("index %d of a dimension of size %d", values[p], size);
        }
        offsets[p] += value * stride;
      }
    }
    return gather(call, self, first, indices.size(), offsets, Shapes.constants(shape));
  }

  private static Datum gather(
      Invocation call, Tensor self, int first, int count, long[] offsets, long[] shape) {
    Tensor result = Elements.allocate(call.operators().budget(), self.dtype(), shape);
    long[] sizes = self.shape();
    int behind = first + count;
    long[] before = java.util.Arrays.copyOf(sizes, first);
    long[] after = java.util.Arrays.copyOfRange(sizes, behind, sizes.length);
    long[] afterStrides = java.util.Arrays.copyOfRange(self.strides(), behind, sizes.length);
    Tensor outer = self.view(before, java.util.Arrays.copyOf(self.strides(), first), self.offset());
    long inner = Tensor.numel(after);
    long at = 0;
    for (Tensor.Walk walk = outer.walk(); walk.hasNext(); ) {
      long start = walk.next();
      for (long offset : offsets) {
        Elements.write(
            result.view(after, Tensor.contiguousStrides(after), at),
            self.view(after, afterStrides, start + offset));
        at += inner;
      }
    }
    return TensorRef.known(result);
  }
}
