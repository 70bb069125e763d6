package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.graph.Dim;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.limit.Refusal;
import dev.lapidary.torchscript.trace.value.Datum;
import dev.lapidary.torchscript.trace.value.Dims;
import dev.lapidary.torchscript.trace.value.Elements;
import dev.lapidary.torchscript.trace.value.Shapes;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/** {@code aten::index} and {@code index_put}: {@code x[:, i]}, read and written. */
final class Indexing {
  private static final Datum NONE = Datum.None.NONE;

  private Indexing() {}

  static Datum index(Invocation call) {
    IndexedDims indexed = IndexedDims.of(call);
    if (indexed.isEmpty()) {
      return new TensorRef(call.self().content());
    }
    int first = indexed.first();
    TensorRef self = indexed.merged(call);
    TensorRef places = indexed.joined(call);
    List<Dim> shape = new ArrayList<>(self.shape().subList(0, first));
    shape.addAll(places.shape());
    shape.addAll(self.shape().subList(first + 1, self.rank()));
    if (self.isKnown() && places.isKnown()) {
      return evaluate(call, self.tensor("index"), places, first, shape);
    }
    List<Datum> indices = new ArrayList<>(Collections.nCopies(first, NONE));
    indices.add(places);
    return call.with("self", self)
        .with("indices", new Datum.ListOf(indices))
        .record(self.dtype(), shape);
  }

  /** A row of the table for each index. */
  static Datum embedding(Invocation call) {
    Datum rows = new Datum.ListOf(List.of(call.tensor("indices")));
    return call.call("index", call.get("weight"), rows);
  }

  /** {@code x[mask] = number}, or {@code x[:, i] = values} at constant places. */
  static Datum put(Invocation call) {
    List<Datum> indices = call.get("indices").toList();
    List<Datum> given = indices.stream().filter(i -> i != NONE).toList();
    boolean one = Dims.product(call.tensor("values").shape()).equals(Dim.of(1));
    boolean masked =
        given.size() == 1 && given.get(0) instanceof TensorRef mask && IndexedDims.isMask(mask);
    if (masked && one && !call.flag("accumulate")) {
      return filled(call, (TensorRef) given.get(0), indices.indexOf(given.get(0)));
    }
    if (masked && !((TensorRef) given.get(0)).isKnown()) {
      throw Refusal.unsupported(
          "%s of other than one number where a mask is true", call.operator());
    }
    IndexedDims indexed = IndexedDims.of(call);
    if (indexed.isEmpty() || !indexed.allKnown()) {
      throw Refusal.unsupported("%s at places that depend on the image", call.operator());
    }
    return written(call, indexed);
  }

  /** Where a constant's elements are not 0: {@code [count, dimensions]}. */
  static Datum nonzero(Invocation call) {
    return call.call("stack", new Datum.ListOf(placesOf(call)), Datum.number(1));
  }

  /** A tensor for each dimension. */
  static List<TensorRef> placesOf(Invocation call) {
    TensorRef self = call.self();
    Datum mask = self.dtype() == DType.BOOL ? self : call.call("ne", self, Datum.number(0));
    return IndexedDims.places(call, (TensorRef) mask);
  }

  static Datum masked(Invocation call) {
    List<Dim> shape = Shapes.broadcast(call.self().shape(), call.tensor("mask").shape());
    Datum self = call.call("expand", call.self(), Datum.ints(shape));
    Datum mask = call.call("expand", call.get("mask"), Datum.ints(shape));
    return call.call("index", self, new Datum.ListOf(List.of(mask)));
  }

  /** Of the tensor as one row. */
  static Datum take(Invocation call) {
    Datum row = call.call("reshape", call.self(), Datum.ints(-1));
    return call.call("index", row, new Datum.ListOf(List.of(call.get("index"))));
  }

  private static Datum filled(Invocation call, TensorRef mask, int first) {
    List<Dim> shape = new ArrayList<>(mask.shape());
    shape.addAll(Collections.nCopies(call.self().rank() - first - mask.rank(), Dim.of(1)));
    Datum wide = call.call("reshape", mask, Datum.ints(shape));
    Datum value = call.call("reshape", call.get("values"), Datum.ints());
    return call.call("masked_fill", call.self(), wide, value);
  }

  private static Datum written(Invocation call, IndexedDims indexed) {
    int first = indexed.first();
    TensorRef self = indexed.merged(call);
    TensorRef places = indexed.joined(call);
    List<Dim> shape = new ArrayList<>(self.shape().subList(0, first));
    shape.addAll(indexed.broadcast());
    shape.addAll(self.shape().subList(first + 1, self.rank()));
    Datum values = call.call("expand", call.get("values"), Datum.ints(shape));
    List<Dim> flat = new ArrayList<>(self.shape());
    flat.set(first, Dims.product(indexed.broadcast()));
    Datum changed =
        call.call(
            call.flag("accumulate") ? "index_add" : "index_copy",
            self,
            Datum.number(first),
            call.call("reshape", wrapped(call, places, self.shape().get(first)), Datum.ints(-1)),
            call.call("reshape", values, Datum.ints(flat)));
    Datum apart = call.call("reshape", changed, Datum.ints(indexed.ordered()));
    int[] order = indexed.order();
    int[] back = new int[order.length];
    IntStream.range(0, order.length).forEach(i -> back[order[i]] = i);
    return call.call("permute", apart, Datum.ints(back));
  }

  private static Datum wrapped(Invocation call, TensorRef places, Dim size) {
    return call.call("remainder", places, new Datum.Int(size));
  }

  private static Datum evaluate(
      Invocation call, Tensor self, TensorRef places, int first, List<Dim> resultShape) {
    long size = self.size(first);
    long stride = self.strides()[first];
    call.dispatcher().budget().allocate(8 * places.tensor("index").numel());
    long[] offsets = places.tensor("index").toLongs();
    for (int p = 0; p < offsets.length; p++) {
      long value = offsets[p] < 0 ? offsets[p] + size : offsets[p];
      if (value < 0 || value >= size) {
        throw Refusal.wrong("index %d of a dimension of size %d", offsets[p], size);
      }
      offsets[p] = value * stride;
    }
    return gather(call, self, first, offsets, Shapes.constants(resultShape));
  }

  private static Datum gather(
      Invocation call, Tensor self, int first, long[] offsets, long[] shape) {
    Tensor result = Elements.allocate(call.dispatcher().budget(), self.dtype(), shape);
    long[] sizes = self.shape();
    int behind = first + 1;
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
