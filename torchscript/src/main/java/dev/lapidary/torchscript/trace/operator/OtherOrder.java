package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.Elements;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.Scalars;
import dev.lapidary.torchscript.trace.value.Shapes;
import dev.lapidary.torchscript.trace.value.SymInts;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** Other Operations: elements flipped, rolled and repeated. */
final class OtherOrder {

  private OtherOrder() {}

  static void addTo(Map<String, Operator> table) {
    table.put("roll", OtherOrder::roll);
    table.put("flip", OtherOrder::flip);
    table.put("repeat_interleave", OtherOrder::repeatInterleave);
  }

  private static IValue roll(Invocation call) {
    TensorRef self = call.self();
    long[] shifts = call.integers("shifts");
    long[] dims = call.integers("dims");
    if (dims.length == 0 || shifts.length != dims.length) {
      throw ProgramRefusal.unsupported("roll of the flattened tensor");
    }
    List<Integer> along = new ArrayList<>();
    List<Long> by = new ArrayList<>();
    for (int i = 0; i < dims.length; i++) {
      int dim = Shapes.dimension(dims[i], self.rank());
      long size = SymInts.constant(self.shape().get(dim));
      long shift = size == 0 ? 0 : Math.floorMod(shifts[i], size);
      if (shift != 0) {
        along.add(dim);
        by.add(shift);
      }
    }
    if (along.isEmpty()) {
      return new TensorRef(self.content());
    }
    Invocation exact =
        call.with("shifts", new IValue.ListOf(by.stream().map(IValue.Int::of).toList()))
            .with("dims", new IValue.ListOf(along.stream().map(d -> IValue.Int.of(d)).toList()));
    return self.isKnown() ? exact.decomposed() : exact.record(self.dtype(), self.shape());
  }

  private static IValue flip(Invocation call) {
    TensorRef flipped = call.self();
    for (int dim : dims(call, flipped.rank())) {
      long size = SymInts.constant(flipped.shape().get(dim));
      TensorRef backwards =
          Elements.integers(call.budget(), DType.INT64, new long[] {size}, i -> size - 1 - i);
      flipped = (TensorRef) Indexing.at(call, flipped, dim, backwards);
    }
    return flipped == call.self() ? new TensorRef(flipped.content()) : flipped;
  }

  private static int[] dims(Invocation call, int rank) {
    long[] given = call.integers("dims");
    return given.length == 0 ? new int[0] : Shapes.dimensions(given, rank);
  }

  /** Each element so many times, one behind the other. */
  private static IValue repeatInterleave(Invocation call) {
    TensorRef self =
        call.isNone("dim") ? call.callTensor("reshape", call.self(), IValue.ints(-1)) : call.self();
    int dim = call.isNone("dim") ? 0 : Shapes.dimension(call.integer("dim"), self.rank());
    if (call.get("repeats") instanceof TensorRef each && each.rank() == 1) {
      return Indexing.at(
          call, self, dim, numbered(call, each.tensor("a number of repeats").toLongs()));
    }
    List<SymInt> wide = new ArrayList<>(self.shape());
    SymInt repeats = repeats(call);
    wide.add(dim + 1, repeats);
    IValue apart = call.call("unsqueeze", self, IValue.number(dim + 1L));
    IValue repeated = call.call("expand", apart, IValue.ints(wide));
    SymInt all = SymInts.multiply(self.shape().get(dim), repeats);
    return call.call("reshape", repeated, IValue.ints(Shapes.with(self.shape(), dim, all)));
  }

  /** Each number as often as it is told. */
  private static TensorRef numbered(Invocation call, long[] repeats) {
    long count = 0;
    for (long each : repeats) {
      if (each < 0 || each > Integer.MAX_VALUE) {
        throw ProgramRefusal.wrong("%s of %d repeats", call.operator(), each);
      }
      count += each;
    }
    long[] numbers = Elements.longs(call.budget(), count);
    int at = 0;
    for (int i = 0; i < repeats.length; i++) {
      Arrays.fill(numbers, at, at + (int) repeats[i], i);
      at += (int) repeats[i];
    }
    return Elements.vector(call.budget(), numbers);
  }

  /** A number, or as traced programs have it, a tensor of rank 0. */
  private static SymInt repeats(Invocation call) {
    if (!(call.get("repeats") instanceof TensorRef tensor)) {
      return call.dim("repeats");
    }
    if (tensor.rank() != 0) {
      throw ProgramRefusal.unsupported(
          "%s with repeats of shape %s; one number is supported", call.operator(), tensor.shape());
    }
    return ((IValue.Int) Scalars.integer(tensor)).value();
  }
}
