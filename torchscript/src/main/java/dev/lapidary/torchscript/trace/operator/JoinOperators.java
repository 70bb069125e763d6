package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.graph.Dim;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.Refusal;
import dev.lapidary.torchscript.trace.value.Datum;
import dev.lapidary.torchscript.trace.value.Dims;
import dev.lapidary.torchscript.trace.value.Elements;
import dev.lapidary.torchscript.trace.value.Shapes;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Operators that put elements together anew: joining, padding, rolling, repeating. */
public final class JoinOperators {
  private JoinOperators() {}

  public static void addTo(Map<String, Operator> table) {
    table.put("cat", JoinOperators::cat);
    table.put("concat", call -> call.call("cat", call.get("tensors"), call.get("dim")));
    table.put("stack", JoinOperators::stack);
    table.put("roll", JoinOperators::roll);
    table.put("pad", JoinOperators::pad);
    table.put("constant_pad_nd", JoinOperators::constantPad);
    for (String size : List.of("1d", "2d")) {
      table.put("reflection_pad" + size, call -> pad(call, "reflect"));
      table.put("replication_pad" + size, call -> pad(call, "replicate"));
    }
    table.put("repeat", call -> repeat(call, "repeats"));
    table.put("tile", call -> repeat(call, "dims"));
    table.put("index", Indexing::index);
    table.put("index_put", Indexing::put);
    table.put("embedding", Indexing::embedding);
    table.put("nonzero", Indexing::nonzero);
    table.put("argwhere", Indexing::nonzero);
    table.put("nonzero_numpy", call -> new Datum.ListOf(Indexing.placesOf(call)));
    table.put("masked_select", Indexing::masked);
    table.put("take", Indexing::take);
  }

  private static Datum cat(Invocation call) {
    // A tensor of shape [0] may be joined to any other, and adds nothing.
    List<TensorRef> tensors =
        call.tensors("tensors").stream()
            .filter(t -> !t.shape().equals(List.of(Dim.of(0))))
            .toList();
    if (tensors.isEmpty()) {
      throw Refusal.wrong("cat of no tensors");
    }
    List<Dim> first = tensors.get(0).shape();
    int dim = Shapes.dimension(call.integer("dim"), first.size());
    Dim size = Dim.of(0);
    for (TensorRef tensor : tensors) {
      if (!alike(first, tensor.shape(), dim)) {
        throw Refusal.wrong(
            "cat along %d of shapes %s",
            dim, tensors.stream().map(t -> t.shape().toString()).collect(Collectors.joining(", ")));
      }
      size = Dims.add(size, tensor.shape().get(dim));
    }
    if (tensors.size() == 1) {
      return new TensorRef(tensors.get(0).content());
    }
    List<Dim> shape = new ArrayList<>(first);
    shape.set(dim, size);
    DType dtype = Shapes.promote(tensors.toArray(new Datum[0]));
    if (call.allKnown()) {
      return joined(call, tensors, dim, Shapes.constants(shape), dtype);
    }
    return call.with("tensors", new Datum.ListOf(tensors))
        .with("dim", Datum.number(dim))
        .record(dtype, shape);
  }

  private static boolean alike(List<Dim> a, List<Dim> b, int except) {
    return a.size() == b.size()
        && IntStream.range(0, a.size()).allMatch(d -> d == except || a.get(d).equals(b.get(d)));
  }

  private static Datum joined(
      Invocation call, List<TensorRef> tensors, int dim, long[] shape, DType dtype) {
    Tensor all = Elements.allocate(call.dispatcher().budget(), dtype, shape);
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

  private static Datum stack(Invocation call) {
    List<Datum> lifted = new ArrayList<>();
    for (TensorRef tensor : call.tensors("tensors")) {
      lifted.add(call.call("unsqueeze", tensor, call.get("dim")));
    }
    long dim = call.integer("dim");
    return call.call("cat", new Datum.ListOf(lifted), Datum.number(dim));
  }

  private static Datum roll(Invocation call) {
    TensorRef self = call.self();
    long[] shifts = call.integers("shifts");
    long[] dims = call.integers("dims");
    if (dims.length == 0 || shifts.length != dims.length) {
      throw Refusal.unsupported("roll of the flattened tensor");
    }
    List<Integer> along = new ArrayList<>();
    List<Long> by = new ArrayList<>();
    for (int i = 0; i < dims.length; i++) {
      int dim = Shapes.dimension(dims[i], self.rank());
      long size = Dims.constant(self.shape().get(dim));
      long shift = size == 0 ? 0 : Math.floorMod(shifts[i], size);
      if (shift != 0) {
        along.add(dim);
        by.add(shift);
      }
    }
    if (along.isEmpty()) {
      return new TensorRef(self.content());
    }
    if (self.isKnown()) {
      TensorRef rolled = self;
      for (int i = 0; i < along.size(); i++) {
        rolled = rolled(call, rolled, along.get(i), by.get(i));
      }
      return rolled;
    }
    return call.with("shifts", new Datum.ListOf(by.stream().map(Datum.Int::of).toList()))
        .with("dims", new Datum.ListOf(along.stream().map(d -> Datum.Int.of(d)).toList()))
        .record(self.dtype(), self.shape());
  }

  private static TensorRef rolled(Invocation call, TensorRef self, int dim, long shift) {
    long size = Dims.constant(self.shape().get(dim));
    Datum along = Datum.number(dim);
    Datum front = part(call, self, along, size - shift, size);
    Datum back = part(call, self, along, 0, size - shift);
    return call.callTensor("cat", new Datum.ListOf(List.of(front, back)), along);
  }

  private static Datum pad(Invocation call) {
    if (call.text("mode").equals("constant")) {
      Datum value = call.isNone("value") ? Datum.number(0) : call.get("value");
      return call.call("constant_pad_nd", call.self(), call.get("pad"), value);
    }
    if (call.text("mode").equals("circular")) {
      return circular(call);
    }
    return call.record(call.self().dtype(), padded(call));
  }

  /** Before the first element comes the last one, and behind the last the first. */
  private static Datum circular(Invocation call) {
    long[] pad = call.integers("pad");
    TensorRef padded = call.self();
    for (int i = 0; i < pad.length / 2; i++) {
      int dim = padded.rank() - 1 - i;
      long size = Dims.constant(padded.shape().get(dim));
      long before = pad[2 * i];
      long after = pad[2 * i + 1];
      if (before < 0 || after < 0 || before > size || after > size) {
        throw Refusal.wrong("circular padding of %d and %d of a size of %d", before, after, size);
      }
      Datum along = Datum.number(dim);
      Datum last = part(call, padded, along, size - before, size);
      Datum first = part(call, padded, along, 0, after);
      padded = call.callTensor("cat", new Datum.ListOf(List.of(last, padded, first)), along);
    }
    return padded;
  }

  private static Datum part(Invocation call, Datum self, Datum dim, long start, long end) {
    return call.call("slice", self, dim, Datum.number(start), Datum.number(end), Datum.number(1));
  }

  private static Datum pad(Invocation call, String mode) {
    return call.call("pad", call.self(), call.get("padding"), new Datum.Str(mode));
  }

  private static List<Dim> padded(Invocation call) {
    long[] pad = call.integers("pad");
    List<Dim> shape = new ArrayList<>(call.self().shape());
    if (pad.length % 2 != 0 || pad.length / 2 > shape.size()) {
      throw Refusal.wrong("padding %s of a tensor of shape %s", Arrays.toString(pad), shape);
    }
    for (int i = 0; i < pad.length / 2; i++) {
      int d = shape.size() - 1 - i;
      shape.set(d, Dims.add(shape.get(d), Dim.of(pad[2 * i] + pad[2 * i + 1])));
    }
    return shape;
  }

  private static Datum constantPad(Invocation call) {
    TensorRef self = call.self();
    List<Dim> shape = padded(call);
    if (Arrays.stream(call.integers("pad")).allMatch(p -> p == 0)) {
      return new TensorRef(self.content());
    }
    if (!call.allKnown()) {
      return call.record(self.dtype(), shape);
    }
    long[] pad = call.integers("pad");
    if (Arrays.stream(pad).anyMatch(p -> p < 0)) {
      throw Refusal.unsupported("negative padding of a constant");
    }
    TensorRef all =
        (TensorRef) FactoryOperators.filled(call, shape, call.get("value"), self.dtype());
    Tensor into = all.tensor("pad");
    Tensor from = self.tensor("pad");
    long offset = 0;
    for (int i = 0; i < pad.length / 2; i++) {
      offset += pad[2 * i] * into.strides()[shape.size() - 1 - i];
    }
    Elements.write(into.view(from.shape(), into.strides(), offset), from);
    return all;
  }

  private static Datum repeat(Invocation call, String parameter) {
    TensorRef self = call.self();
    List<Dim> repeats = new ArrayList<>(call.dims(parameter));
    if (parameter.equals("dims")) {
      while (repeats.size() < self.rank()) {
        repeats.add(0, Dim.of(1));
      }
    }
    int missing = repeats.size() - self.rank();
    if (missing < 0) {
      throw Refusal.wrong("repeat(%s) of a tensor of shape %s", repeats, self.shape());
    }
    List<Dim> own = new ArrayList<>(java.util.Collections.nCopies(missing, Dim.of(1)));
    own.addAll(self.shape());
    boolean grows = false;
    boolean onlyOnes = true;
    List<Dim> shape = new ArrayList<>();
    for (int d = 0; d < own.size(); d++) {
      boolean once = Dims.isOne(repeats.get(d));
      grows |= !once;
      onlyOnes &= once || Dims.isOne(own.get(d));
      shape.add(Dims.multiply(own.get(d), repeats.get(d)));
    }
    Datum lifted = call.call("reshape", self, Datum.ints(own));
    if (!grows) {
      return new TensorRef(((TensorRef) lifted).content());
    }
    if (onlyOnes) {
      Datum wide = call.call("expand", lifted, Datum.ints(shape));
      return new TensorRef(((TensorRef) wide).content());
    }
    return interleaved(call, (TensorRef) lifted, own, repeats, shape);
  }

  /** {@code [a, b] -> [1, a, 1, b] -> [r, a, s, b] -> [r a, s b]}. */
  private static Datum interleaved(
      Invocation call, TensorRef lifted, List<Dim> own, List<Dim> repeats, List<Dim> shape) {
    List<Dim> apart = new ArrayList<>();
    List<Dim> wide = new ArrayList<>();
    for (int d = 0; d < own.size(); d++) {
      apart.addAll(List.of(Dim.of(1), own.get(d)));
      wide.addAll(List.of(repeats.get(d), own.get(d)));
    }
    Datum split = call.call("reshape", lifted, Datum.ints(apart));
    Datum expanded = call.call("expand", split, Datum.ints(wide));
    return call.call("reshape", expanded, Datum.ints(shape));
  }
}
