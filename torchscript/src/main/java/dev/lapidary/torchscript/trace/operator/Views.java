package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.Content;
import dev.lapidary.torchscript.trace.value.Elements;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.Shapes;
import dev.lapidary.torchscript.trace.value.SymInts;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** The three views that all others are: of known tensors by strides, of traced ones by a node. */
final class Views {
  private Views() {}

  /**
   * @param given may hold one -1
   * @param view whether the result surely shares memory; otherwise strides decide in PyTorch
   */
  static TensorRef reshape(Invocation call, List<SymInt> given, boolean view) {
    TensorRef self = call.self();
    List<SymInt> wanted = call.dispatcher().literals().reshaped(given, self.shape());
    List<SymInt> shape = resolved(wanted, SymInts.product(self.shape()));
    if (self.content() instanceof Content.Known known) {
      return reshaped(call, known, Shapes.constants(shape));
    }
    if (shape.equals(self.shape())) {
      return alias(self, view);
    }
    TensorRef made =
        call.name().equals("reshape")
            ? call.with("shape", IValue.ints(shape)).record(self.dtype(), shape)
            : call.callTensor("reshape", self, IValue.ints(shape));
    return linked(call, self, made, view);
  }

  private static TensorRef linked(
      Invocation call, TensorRef base, TensorRef made, boolean certain) {
    List<SymInt> shape = made.shape();
    List<SymInt> baseShape = base.shape();
    UnaryOperator<TensorRef> make = b -> call.callTensor("reshape", b, IValue.ints(shape));
    UnaryOperator<TensorRef> inverse = v -> call.callTensor("reshape", v, IValue.ints(baseShape));
    return TensorRef.viewOf(base, made.content(), make, Optional.of(inverse), certain);
  }

  /** Another tensor object with the same content. */
  static TensorRef alias(TensorRef self, boolean certain) {
    return TensorRef.viewOf(self, self.content(), base -> base, Optional.of(view -> view), certain);
  }

  /** Replaces a -1 by what is left of the elements. */
  static List<SymInt> resolved(List<SymInt> given, SymInt elements) {
    SymInt known = SymInt.of(1);
    int open = -1;
    for (int d = 0; d < given.size(); d++) {
      if (given.get(d).equals(SymInt.of(-1))) {
        if (open >= 0) {
          throw ProgramRefusal.wrong("a shape with two -1: %s", given);
        }
        open = d;
      } else {
        known = SymInts.multiply(known, given.get(d));
      }
    }
    List<SymInt> shape = new ArrayList<>(given);
    if (open >= 0) {
      shape.set(open, SymInts.floorDivide(elements, known));
    }
    if (!SymInts.product(shape).equals(elements)) {
      throw ProgramRefusal.wrong("%s elements do not fill the shape %s", elements, given);
    }
    return shape;
  }

  private static TensorRef reshaped(Invocation call, Content.Known known, long[] shape) {
    Optional<long[]> strides = stridesFor(known, shape);
    if (strides.isPresent()) {
      return new TensorRef(known.view(shape, strides.get(), known.offset()));
    }
    Tensor tensor = known.tensor();
    Tensor copy = Elements.copy(call.budget(), tensor);
    return TensorRef.known(Tensor.over(copy.dtype(), copy.storage(), shape));
  }

  /** Strides that show a view's elements in another shape, if there are any. */
  private static Optional<long[]> stridesFor(Content.Known known, long[] shape) {
    if (Tensor.numel(shape) == 0) {
      return Optional.of(Tensor.contiguousStrides(shape));
    }
    long[] strides = new long[shape.length];
    int to = shape.length - 1;
    long[] sizes = known.sizes();
    long[] from = known.strides();
    int d = sizes.length - 1;
    while (d >= 0) {
      // A run of dimensions that lie one behind the other in memory is one dimension.
      long run = sizes[d];
      long stride = from[d];
      while (d > 0 && (sizes[d - 1] == 1 || from[d - 1] == stride * run)) {
        d--;
        run *= sizes[d];
      }
      long filled = 1;
      while (to >= 0 && (filled < run || shape[to] == 1)) {
        strides[to] = stride * filled;
        filled *= shape[to--];
      }
      if (filled != run) {
        return Optional.empty();
      }
      d--;
    }
    while (to >= 0) {
      strides[to--] = 1;
    }
    return Optional.of(strides);
  }

  static TensorRef permute(Invocation call, int[] order) {
    TensorRef self = call.self();
    if (order.length != self.rank() || Arrays.stream(order).distinct().count() != order.length) {
      throw ProgramRefusal.wrong(
          "permute(%s) of a tensor of shape %s", Arrays.toString(order), self.shape());
    }
    if (self.content() instanceof Content.Known known) {
      long[] sizes = Arrays.stream(order).mapToLong(d -> known.sizes()[d]).toArray();
      long[] strides = Arrays.stream(order).mapToLong(d -> known.strides()[d]).toArray();
      return new TensorRef(known.view(sizes, strides, known.offset()));
    }
    if (!call.name().equals("permute")) {
      return call.callTensor("permute", self, IValue.ints(order));
    }
    List<SymInt> shape = Arrays.stream(order).mapToObj(d -> self.shape().get(d)).toList();
    TensorRef made = call.with("dims", IValue.ints(order)).record(self.dtype(), shape);
    int[] back = new int[order.length];
    for (int d = 0; d < order.length; d++) {
      back[order[d]] = d;
    }
    return TensorRef.viewOf(
        self,
        made.content(),
        base -> call.callTensor("permute", base, IValue.ints(order)),
        Optional.of(view -> call.callTensor("permute", view, IValue.ints(back))),
        true);
  }

  /** A size may be -1, for one that stays. */
  static TensorRef expand(Invocation call) {
    TensorRef self = call.self();
    List<SymInt> given = call.dims("size");
    int missing = given.size() - self.rank();
    if (missing < 0) {
      throw ProgramRefusal.wrong("expand(%s) of a tensor of shape %s", given, self.shape());
    }
    List<SymInt> shape = new ArrayList<>();
    for (int d = 0; d < given.size(); d++) {
      SymInt own = d < missing ? SymInt.of(1) : self.shape().get(d - missing);
      boolean stays = given.get(d).equals(SymInt.of(-1)) && d >= missing;
      shape.add(
          stays
              ? own
              : own.perBatch()
                  ? call.dispatcher().literals().product(given.get(d), own)
                  : given.get(d));
    }
    if (!Shapes.broadcast(self.shape(), shape).equals(shape)) {
      throw ProgramRefusal.wrong("expand(%s) of a tensor of shape %s", given, self.shape());
    }
    if (shape.equals(self.shape())) {
      return alias(self, true);
    }
    if (self.content() instanceof Content.Known known && Shapes.isConstant(shape)) {
      Tensor expanded = Elements.expand(call.budget(), known.tensor(), Shapes.constants(shape));
      return new TensorRef(known.view(expanded.shape(), expanded.strides(), expanded.offset()));
    }
    Invocation exact = call.with("size", IValue.ints(shape));
    return TensorRef.viewOf(
        self,
        exact.record(self.dtype(), shape).content(),
        base -> call.callTensor("expand", base, IValue.ints(shape)),
        Optional.empty(),
        true);
  }
}
