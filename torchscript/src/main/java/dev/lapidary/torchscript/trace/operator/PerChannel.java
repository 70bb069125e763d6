package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.SymInts;
import java.util.List;

/** Parameters that hold one number a channel. */
final class PerChannel {
  private PerChannel() {}

  /** The number of channels, dimension 1, of an operator's first tensor. */
  static SymInt channels(Invocation call) {
    List<SymInt> shape = call.self().shape();
    if (shape.size() < 2) {
      throw ProgramRefusal.wrong("%s of a tensor of shape %s", call.operator(), shape);
    }
    return shape.get(1);
  }

  /**
   * @param parameters that are None, or hold as many elements as there are channels
   */
  static void require(Invocation call, SymInt channels, String... parameters) {
    for (String parameter : parameters) {
      if (!call.isNone(parameter)) {
        SymInt given = SymInts.product(call.tensor(parameter).shape());
        if (!given.equals(channels)) {
          throw ProgramRefusal.wrong(
              "%s of %s channels with %s of %s", call.operator(), channels, given, parameter);
        }
      }
    }
  }

  /** The same, or one element for all channels. */
  static void requireOrOne(Invocation call, SymInt channels, String parameter) {
    if (!call.isNone(parameter)
        && !SymInts.isOne(SymInts.product(call.tensor(parameter).shape()))) {
      require(call, channels, parameter);
    }
  }
}
