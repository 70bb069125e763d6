package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.IValue;
import java.util.Map;

/** Dropout functions, which do nothing in inference. */
public final class Dropout {

  private Dropout() {}

  public static void addTo(Map<String, Operator> table) {
    table.put("dropout", Dropout::dropout);
    table.put("alpha_dropout", Dropout::dropout);
    table.put("feature_alpha_dropout", Dropout::dropout);
    table.put("feature_dropout", Dropout::dropout);
  }

  private static IValue dropout(Invocation call) {
    if (call.flag("train") && call.real("p") > 0) {
      throw ProgramRefusal.unsupported(
          "%s that is active in eval mode: its result is random", call.operator());
    }
    return call.self();
  }
}
