package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.ArrayList;
import java.util.List;

/** Sequences as images of height 1. Convolution, pooling and resizing of {@code [N, C, L]}. */
final class Sequences {
  private static final IValue ROWS = IValue.number(2);

  private Sequences() {}

  private static TensorRef sequence(Invocation call) {
    TensorRef self = call.self();
    if (self.rank() != 3) {
      throw ProgramRefusal.unsupported("%s of a tensor of shape %s", call.operator(), self.shape());
    }
    return self;
  }

  static IValue asImage(Invocation call, String operator, List<IValue> arguments) {
    return call.call("squeeze", ofImage(call, operator, arguments), ROWS);
  }

  static IValue ofImage(Invocation call, String operator, List<IValue> arguments) {
    List<IValue> all = new ArrayList<>();
    all.add(call.call("unsqueeze", sequence(call), ROWS));
    all.addAll(arguments);
    return call.call(operator, all.toArray(new IValue[0]));
  }

  /** A sequence's parameter, behind what leaves one row as it is. */
  static IValue pair(Invocation call, String parameter, long ofRows) {
    return IValue.ints(List.of(SymInt.of(ofRows), call.dims(parameter).get(0)));
  }
}
