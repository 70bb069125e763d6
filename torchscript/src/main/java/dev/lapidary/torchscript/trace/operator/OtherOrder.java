package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.torchscript.graph.Dim;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.Refusal;
import dev.lapidary.torchscript.trace.value.Datum;
import dev.lapidary.torchscript.trace.value.Dims;
import dev.lapidary.torchscript.trace.value.Elements;
import dev.lapidary.torchscript.trace.value.Scalars;
import dev.lapidary.torchscript.trace.value.Shapes;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Other Operations: elements flipped, rolled and repeated. */
public final class OtherOrder {

  private OtherOrder() {}

  public static void addTo(Map<String, Operator> table) {
    table.put("fliplr", call -> call.call("flip", call.self(), Datum.ints(1)));
    table.put("flipud", call -> call.call("flip", call.self(), Datum.ints(0)));
    table.put("rot90", OtherOrder::rot90);
    table.put("roll", OtherOrder::roll);
    table.put("flip", OtherOrder::flip);
    table.put("repeat_interleave", OtherOrder::repeatInterleave);
  }

  private static Datum rot90(Invocation call) {
    long[] dims = call.integers("dims");
    if (dims.length != 2) {
      throw Refusal.wrong("%s in %d dimensions", call.operator(), dims.length);
    }
    Datum first = Datum.number(dims[0]);
    Datum second = Datum.number(dims[1]);
    Datum self = call.self();
    return switch (Math.floorMod(call.integer("k"), 4)) {
      case 1 -> call.call("transpose", flipped(call, self, second), first, second);
      case 2 -> call.call("flip", self, call.get("dims"));
      case 3 -> call.call("transpose", flipped(call, self, first), first, second);
      default -> call.call("clone", self);
    };
  }

  private static Datum flipped(Invocation call, Datum self, Datum dim) {
    return call.call("flip", self, new Datum.ListOf(List.of(dim)));
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
    Datum front = Slicing.part(call, self, along, size - shift, size);
    Datum back = Slicing.part(call, self, along, 0, size - shift);
    return call.callTensor("cat", new Datum.ListOf(List.of(front, back)), along);
  }

  private static Datum flip(Invocation call) {
    TensorRef flipped = call.self();
    for (int dim : dims(call, flipped.rank())) {
      long size = Dims.constant(flipped.shape().get(dim));
      TensorRef backwards =
          Elements.integers(
              call.dispatcher().budget(), DType.INT64, new long[] {size}, i -> size - 1 - i);
      flipped = (TensorRef) Indexing.at(call, flipped, dim, backwards);
    }
    return flipped == call.self() ? new TensorRef(flipped.content()) : flipped;
  }

  private static int[] dims(Invocation call, int rank) {
    long[] given = call.integers("dims");
    return given.length == 0 ? new int[0] : Shapes.dimensions(given, rank);
  }

  /** Each element so many times, one behind the other. */
  private static Datum repeatInterleave(Invocation call) {
    TensorRef self =
        call.isNone("dim") ? call.callTensor("reshape", call.self(), Datum.ints(-1)) : call.self();
    int dim = call.isNone("dim") ? 0 : Shapes.dimension(call.integer("dim"), self.rank());
    if (call.get("repeats") instanceof TensorRef each && each.rank() == 1) {
      return Indexing.at(
          call, self, dim, numbered(call, each.tensor("a number of repeats").toLongs()));
    }
    List<Dim> wide = new ArrayList<>(self.shape());
    Dim repeats = repeats(call);
    wide.add(dim + 1, repeats);
    Datum apart = call.call("unsqueeze", self, Datum.number(dim + 1L));
    Datum repeated = call.call("expand", apart, Datum.ints(wide));
    List<Dim> shape = new ArrayList<>(self.shape());
    shape.set(dim, Dims.multiply(shape.get(dim), repeats));
    return call.call("reshape", repeated, Datum.ints(shape));
  }

  /** Each number as often as it is told. */
  private static TensorRef numbered(Invocation call, long[] repeats) {
    long count = java.util.stream.LongStream.of(repeats).peek(r -> requireCount(call, r)).sum();
    long[] numbers = Elements.longs(call.dispatcher().budget(), count);
    int at = 0;
    for (int i = 0; i < repeats.length; i++) {
      java.util.Arrays.fill(numbers, at, at + (int) repeats[i], i);
      at += (int) repeats[i];
    }
    return Elements.ofLongs(
        call.dispatcher().budget(), DType.INT64, new long[] {numbers.length}, numbers);
  }

  private static void requireCount(Invocation call, long repeats) {
    if (repeats < 0 || repeats > Integer.MAX_VALUE) {
      throw Refusal.wrong("%s of %d repeats", call.operator(), repeats);
    }
  }

  /** A number, or as traced programs have it, a tensor of rank 0. */
  private static Dim repeats(Invocation call) {
    if (!(call.get("repeats") instanceof TensorRef tensor)) {
      return call.dim("repeats");
    }
    if (tensor.rank() != 0) {
      throw Refusal.unsupported(
          "%s with repeats of shape %s; one number is supported", call.operator(), tensor.shape());
    }
    return ((Datum.Int) Scalars.integer(tensor)).value();
  }
}
