package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.torchscript.graph.Dim;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.limit.Refusal;
import dev.lapidary.torchscript.trace.value.Datum;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.ArrayList;
import java.util.List;

/** Sequences as images of height 1. */
final class Sequences {
  private static final Datum ROWS = Datum.number(2);

  private Sequences() {}

  private static TensorRef sequence(Invocation call) {
    TensorRef self = call.self();
    if (self.rank() != 3) {
      throw Refusal.unsupported("%s of a tensor of shape %s", call.operator(), self.shape());
    }
    return self;
  }

  static Datum asImage(Invocation call, String operator, List<Datum> arguments) {
    return call.call("squeeze", ofImage(call, operator, arguments), ROWS);
  }

  static Datum ofImage(Invocation call, String operator, List<Datum> arguments) {
    List<Datum> all = new ArrayList<>();
    all.add(call.call("unsqueeze", sequence(call), ROWS));
    all.addAll(arguments);
    return call.call(operator, all.toArray(new Datum[0]));
  }

  /** A sequence's parameter, behind what leaves one row as it is. */
  static Datum pair(Invocation call, String parameter, long ofRows) {
    return Datum.ints(List.of(Dim.of(ofRows), call.dims(parameter).get(0)));
  }
}
