package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.torchscript.graph.SymInt;
import dev.lapidary.torchscript.trace.call.Invocation;
import dev.lapidary.torchscript.trace.call.Operator;
import dev.lapidary.torchscript.trace.limit.ProgramRefusal;
import dev.lapidary.torchscript.trace.value.IValue;
import dev.lapidary.torchscript.trace.value.SymInts;
import dev.lapidary.torchscript.trace.value.TensorRef;
import java.util.List;
import java.util.Map;

/** Comparison Ops: element by element. */
public final class Comparisons {
  private static final IValue LAST = IValue.number(-1);
  private static final IValue INFINITY = new IValue.Real(Double.POSITIVE_INFINITY);

  private Comparisons() {}

  public static void addTo(Map<String, Operator> table) {
    table.put("maximum", call -> Pointwise.arithmetic(call, Math::max, Math::max));
    table.put("minimum", call -> Pointwise.arithmetic(call, Math::min, Math::min));
    Pointwise.compare(table, "eq", (a, b) -> a == b ? 1 : 0);
    Pointwise.compare(table, "ne", (a, b) -> a != b ? 1 : 0);
    Pointwise.compare(table, "lt", (a, b) -> a < b ? 1 : 0);
    Pointwise.compare(table, "le", (a, b) -> a <= b ? 1 : 0);
    Pointwise.compare(table, "gt", (a, b) -> a > b ? 1 : 0);
    Pointwise.compare(table, "ge", (a, b) -> a >= b ? 1 : 0);
    Pointwise.of(table, "isnan", (call, x) -> call.call("ne", x, x));
    Pointwise.of(table, "isinf", (call, x) -> call.call("eq", call.call("abs", x), INFINITY));
    Pointwise.of(table, "isposinf", (call, x) -> call.call("eq", x, INFINITY));
    Pointwise.of(table, "isneginf", (call, x) -> call.call("eq", call.call("neg", x), INFINITY));
    Pointwise.of(table, "isfinite", (call, x) -> call.call("lt", call.call("abs", x), INFINITY));
    Pointwise.of(table, "fmax", (call, x) -> greater(call, x, "maximum"));
    Pointwise.of(table, "fmin", (call, x) -> greater(call, x, "minimum"));
    Pointwise.of(table, "isclose", Comparisons::isclose);
    table.put("isin", Comparisons::isin);
  }

  /** NaN counts as missing. */
  private static IValue greater(Invocation call, IValue x, String extreme) {
    IValue other = call.get("other");
    IValue first = call.call("where", call.call("isnan", x), other, x);
    IValue second = call.call("where", call.call("isnan", other), x, other);
    return call.call(extreme, first, second);
  }

  private static IValue isclose(Invocation call, IValue x) {
    if (call.flag("equal_nan")) {
      throw ProgramRefusal.unsupported("%s with equal_nan", call.operator());
    }
    IValue other = call.get("other");
    IValue relative = call.call("mul", call.call("abs", other), call.get("rtol"));
    IValue room = call.call("add", relative, call.get("atol"));
    IValue near = call.call("le", call.call("abs", call.call("sub", x, other)), room);
    IValue close = call.call("logical_and", near, call.call("isfinite", other));
    return call.call("logical_or", close, call.call("eq", x, other));
  }

  private static IValue isin(Invocation call) {
    TensorRef tests = call.tensor("test_elements");
    List<SymInt> flat = List.of(SymInts.product(tests.shape()));
    IValue list = call.call("reshape", tests, IValue.ints(flat));
    IValue equal = call.call("eq", call.call("unsqueeze", call.get("elements"), LAST), list);
    IValue found = call.call("any", equal, LAST);
    return call.flag("invert") ? call.call("logical_not", found) : found;
  }
}
