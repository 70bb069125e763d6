package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.core.tensor.DType;
import dev.lapidary.core.tensor.Tensor;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Mutation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.value.Cell;
import dev.lapidary.torchscript.trace.value.Content;
import dev.lapidary.torchscript.trace.value.Elements;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.Scalars;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.Map;
import java.util.stream.Stream;

/** Methods of {@code torch.Tensor}: copies, types and writes. */
final class TensorMethods {

  private TensorMethods() {}

  static void addTo(Map<String, Operator> table) {
    table.put("clone", TensorMethods::clone);
    table.put("contiguous", TensorMethods::contiguous);
    table.put("detach", TensorMethods::same);
    table.put("alias", TensorMethods::same);
    table.put("lift_fresh", TensorMethods::same);
    table.put("to", TensorMethods::to);
    table.put(
        "type_as",
        call -> {
          DType dtype = call.tensor("other").dtype();
          return call.call("to", call.self(), IValue.number(dtype.scalarType()));
        });
    table.put("copy_", TensorMethods::write);
    table.put("fill_", TensorMethods::write);
    table.put("zero_", TensorMethods::write);
  }

  /** Known memory is shared until one of the two is written. */
  private static TensorRef clone(Invocation call) {
    if (call.self().content() instanceof Content.Known known) {
      Cell cell = Cell.ofArchive(known.cell().freeze());
      String name = known.cell().writes() == 0 ? known.name() : "";
      return new TensorRef(new Content.Known(cell, known.over(cell.storage()), name));
    }
    return new TensorRef(call.self().content());
  }

  private static IValue contiguous(Invocation call) {
    TensorRef self = call.self();
    if (!self.isKnown()) {
      return Views.alias(self, false);
    }
    Tensor tensor = self.tensor("contiguous");
    if (tensor.isContiguous()) {
      return self;
    }
    return TensorRef.known(Elements.copy(call.budget(), tensor));
  }

  private static IValue same(Invocation call) {
    TensorRef self = call.self();
    return self.isKnown() ? new TensorRef(self.content()) : Views.alias(self, true);
  }

  private static IValue to(Invocation call) {
    TensorRef self = call.self();
    DType dtype =
        call.has("other")
            ? call.tensor("other").dtype()
            : call.has("dtype") ? call.dtype("dtype").orElse(self.dtype()) : self.dtype();
    if (dtype == self.dtype()) {
      return call.flag("copy") ? clone(call) : self;
    }
    if (self.isKnown()) {
      return Elements.convert(call.budget(), self, dtype);
    }
    IValue no = IValue.bool(false);
    boolean plain = call.has("memory_format") && !call.has("device") && !call.has("other");
    if (!plain) {
      return call.call("to", self, IValue.number(dtype.scalarType()));
    }
    return call.with("non_blocking", no)
        .with("copy", no)
        .with("memory_format", IValue.None.NONE)
        .record(dtype, self.shape());
  }

  private static IValue write(Invocation call) {
    IValue value =
        Stream.of("src", "other", "value")
            .filter(call::has)
            .findFirst()
            .map(call::get)
            .orElse(IValue.number(0));
    TensorRef from = value instanceof TensorRef tensor ? tensor : Scalars.ofNumber(value);
    Mutation.write(call.self(), from, call.operator(), call.dispatcher());
    return call.self();
  }
}
