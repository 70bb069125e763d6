package dev.lapidary.torchscript.trace.operator;

import dev.lapidary.torchscript.trace.call.Operator;
import java.util.Map;

/** Comparison Ops: element by element. */
final class Comparisons {

  private Comparisons() {}

  static void addTo(Map<String, Operator> table) {
    table.put("maximum", call -> Pointwise.arithmetic(call, Math::max, Math::max));
    table.put("minimum", call -> Pointwise.arithmetic(call, Math::min, Math::min));
    Pointwise.compare(table, "eq", (a, b) -> a == b ? 1 : 0);
    Pointwise.compare(table, "ne", (a, b) -> a != b ? 1 : 0);
    Pointwise.compare(table, "lt", (a, b) -> a < b ? 1 : 0);
    Pointwise.compare(table, "le", (a, b) -> a <= b ? 1 : 0);
    Pointwise.compare(table, "gt", (a, b) -> a > b ? 1 : 0);
    Pointwise.compare(table, "ge", (a, b) -> a >= b ? 1 : 0);
  }
}
